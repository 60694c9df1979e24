import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { VERSION } from './version.ts'

it('the version is that of package.json', () => {
  const file = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  expect(VERSION).toBe((JSON.parse(file) as { version: string }).version)
})
