// Every example runs as its README says, through the commands that a user types, over files and on a server with the
// embedded log; with Kafka in e2e/kafka/examples.spec.ts. `UPDATE=1` writes what comes of the files; read the diff.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/server/config/config.ts'
import { type RunningServer, startServer } from '../src/server/start-server.ts'
import { ROOT, runStep, stepsOf } from './harness/readme-steps.ts'

const EXAMPLES = readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

let directory: string
let server: RunningServer

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-examples-'))
  const flags = { listen: '127.0.0.1:0', dataDirectory: directory, logLevel: 'silent' }
  server = await startServer(loadConfig({ flags }))
})

afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

// One server for all of them: an example may not be in the way of another.
describe.each(EXAMPLES)('examples/%s', (name) => {
  const steps = stepsOf(name)

  it('gives what is expected, over files', async () => {
    const command = `npx weir run examples/${name}/query.sql`
    const { stdout, failure } = await runStep({ command, expected: undefined }, server.address)
    expect(failure).toBe('')
    const expected = join(ROOT, 'examples', name, 'expected.txt')
    if (process.env['UPDATE'] === '1') writeFileSync(expected, stdout)
    expect(stdout).toBe(readFileSync(expected, 'utf8'))
    expect(stdout.trim().split('\n').length).toBeGreaterThan(2)
    expect(steps).toContainEqual({ command, expected: stdout })
  })

  it.each(steps.filter(({ command }) => command.startsWith('npx weir sql')))('runs: $command', async (step) => {
    if (step.expected === undefined) expect((await runStep(step, server.address)).failure).toBe('')
    // A view is filled by a query of its own, which is a moment behind what it reads.
    else
      await expect
        .poll(() => runStep(step, server.address), { timeout: 30_000 })
        .toEqual({ stdout: step.expected, failure: '' })
  })
})
