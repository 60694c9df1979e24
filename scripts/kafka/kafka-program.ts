// Kafka's own jars, ready to run.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JavaProgram, prepareJava } from '../maven-jars.ts'

const POM = join(import.meta.dirname, 'pom.xml')

export interface KafkaProgram extends JavaProgram {
  readonly version: string
}

/** The version in the pom: also that of the Docker image. */
export const KAFKA_VERSION = /<kafka\.version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown'

/** @throws JavaMissingError where Java or Maven is not there. */
export async function prepareKafka(onProgress: (line: string) => void = () => {}): Promise<KafkaProgram> {
  const dependencies = { what: 'a Kafka broker', pom: POM, cache: 'kafka', megabytes: 60 }
  return { version: KAFKA_VERSION, ...(await prepareJava(dependencies, onProgress)) }
}
