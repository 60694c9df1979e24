// What a README of an example has its reader type, in order, with what it says will be printed. Programs that run until
// Ctrl-C are no steps: who runs the steps has started them.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
const WEIR = `${process.execPath} ${join(ROOT, 'src/cli/weir.ts')}`
const STEP = /^npx weir (run|sql) /
const COMMAND_MS_MAX = 30_000

export interface ReadmeStep {
  readonly command: string
  /** The standard output; undefined where the README does not say. */
  readonly expected: string | undefined
}

/** A block of `text` is what the last command of the block of `sh` before it prints. */
export function stepsOf(example: string): readonly ReadmeStep[] {
  const readme = readFileSync(join(ROOT, 'examples', example, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text = '']) => ({
    language,
    text,
  }))
  return blocks.flatMap(({ language, text }, i) => {
    if (language !== 'sh') return []
    const lines = text.trim().split('\n')
    const next = blocks[i + 1]
    return lines
      .map((command, at) => ({
        command,
        expected: at === lines.length - 1 && next?.language === 'text' ? next.text : undefined,
      }))
      .filter(({ command }) => STEP.test(command))
  })
}

/** By a shell, in the folder of the repository, as its reader does; the server is not at the usual address. */
export async function runStep({ command }: ReadmeStep, address: string): Promise<{ stdout: string; failure: string }> {
  const child = spawn('sh', ['-c', command.replace(/^npx weir/, WEIR)], {
    cwd: ROOT,
    env: { ...process.env, WEIR_ADDRESS: address },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_MS_MAX,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  const [code] = await once(child, 'close')
  return { stdout, failure: code === 0 ? '' : `${command} ended with ${code}: ${stderr}` }
}
