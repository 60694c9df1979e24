// The processes that serve, at addresses that other machines reach.

import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildServer, builtFile, removeBuild } from './server-process.ts'

const START_MS = 30_000

beforeAll(buildServer)
afterAll(removeBuild)

describe.each([
  ['main.js', [], ['--insecure', '--threads', '1']],
  ['cli/weir.js', ['server'], ['--insecure']],
])('%s', (entry, command, told) => {
  /** The data directory can't be made, so that whatever gets that far ends there. */
  const start = (...more: readonly string[]) => {
    const args = [builtFile(entry), ...command, '--listen', '0.0.0.0:0', '--data-directory', '/dev/null/none', ...more]
    return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: START_MS })
  }

  it('does not start without TLS and authentication, and says what to do before it opens anything', () => {
    const { status, stderr } = start()
    expect(status).toBe(1)
    expect(stderr).toContain('other machines reach 0.0.0.0:0, and there is no TLS and no authentication (give --tls')
    expect(stderr.trim().split('\n').length).toBe(1)
  })

  it('does when it is told to', () => {
    const { stderr } = start(...told)
    expect(stderr).not.toContain('other machines reach')
    expect(stderr).toContain('/dev/null/none')
  })
})
