import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSecret, SECRET_BYTES_MAX } from './read-secret.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-secret-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (content: string) => {
  const path = join(folder, 'secret')
  writeFileSync(path, content)
  return `\${file:${path}}`
}

it('a reference stands for a variable or a file, without the line break of an editor; a text for itself', async () => {
  process.env['WEIR_SPEC_SECRET'] = 'from the environment'
  expect(await readSecret('${env:WEIR_SPEC_SECRET}')).toBe('from the environment')
  expect(await readSecret(file('two\nlines\r\n'))).toBe('two\nlines')
  expect(await readSecret('ann')).toBe('ann')
  expect(await readSecret('${other:x}')).toBe('${other:x}')
})

it('what is missing is named by its reference, and may come later', async () => {
  const missing = { code: 'FAILED_PRECONDITION', domain: 'external', retry: true }
  await expect(readSecret('${env:WEIR_SPEC_NOTHING}')).rejects.toMatchObject(missing)
  await expect(readSecret('${env:WEIR_SPEC_NOTHING}')).rejects.toThrow(
    'the secret ${env:WEIR_SPEC_NOTHING}: environment variable "WEIR_SPEC_NOTHING" is not set',
  )
  await expect(readSecret(`\${file:${folder}/none}`)).rejects.toMatchObject(missing)
})

it('a file has so many bytes at most', async () => {
  const secret = 's'.repeat(SECRET_BYTES_MAX)
  expect(await readSecret(file(secret))).toBe(secret)
  await expect(readSecret(file(`${secret}s`))).rejects.toThrow('has more than 65536 bytes')
})
