import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { FormatSpec } from '../../plan/physical/nodes.ts'
import { FileReader } from './file-reader.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-file-'))
afterAll(() => rmSync(directory, { recursive: true }))
const JSON_LINES: FormatSpec = { envelope: 'plain', encoding: 'json', options: {} }
const CSV: FormatSpec = { envelope: 'plain', encoding: 'csv', options: { header: 'true' } }

function file(content: string | Uint8Array): string {
  const path = join(directory, `f${Math.abs(content.length * 7919 + content.toString().charCodeAt(0))}-${files++}`)
  writeFileSync(path, content)
  return path
}
let files = 0

async function readAll(path: string, format = JSON_LINES, step = 1024, from = 0) {
  const reader = new FileReader({ path }, format)
  const lines: { offset: number; text: string; key: string | undefined }[] = []
  for (let offset = from; ; ) {
    const chunk = await reader.read(0, offset, step)
    if (chunk === undefined) throw new Error('a file has always more, or its end')
    expect(chunk.count).toBeLessThanOrEqual(step)
    for (let i = 0; i < chunk.count; i++) {
      const part = (start: number, end: number) => Buffer.from(chunk.data.subarray(start, end)).toString()
      lines.push({
        offset: chunk.offsets[i] as number,
        text: part(chunk.valueStart[i] as number, chunk.valueEnd[i] as number),
        key: chunk.keyStart && part(chunk.keyStart[i] as number, chunk.keyEnd?.[i] as number),
      })
    }
    expect(chunk.nextOffset).toBeGreaterThanOrEqual(offset)
    offset = chunk.nextOffset
    if (chunk.end) {
      await reader.close()
      return lines
    }
    expect(chunk.count).toBeGreaterThan(0)
  }
}

async function errorOf(run: () => Promise<unknown>): Promise<AppError> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

describe('file source', () => {
  test('lines of any end, empty ones left out, the last one without an end', async () => {
    const path = file('{"a":1}\r\n\n{"a":2}\n   \n{"a":3}')
    for (const step of [1, 2, 1024]) {
      expect((await readAll(path, JSON_LINES, step)).map((line) => [line.offset, line.text])).toEqual([
        [0, '{"a":1}'],
        [10, '{"a":2}'],
        [18, '   '],
        [22, '{"a":3}'],
      ])
    }
    expect(await readAll(file(''))).toEqual([])
    expect(await readAll(file('\n\n'))).toEqual([])
  })

  test('a position is a byte: reading goes on there', async () => {
    const path = file('aa\nbbb\ncccc\n')
    expect((await readAll(path, JSON_LINES, 10, 3)).map((line) => line.text)).toEqual(['bbb', 'cccc'])
    expect(await readAll(path, JSON_LINES, 10, 12)).toEqual([])
    expect((await errorOf(() => readAll(path, JSON_LINES, 10, 13))).code).toBe('POSITION_EXPIRED')
  })

  test('files and lines larger than a block', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `${i}:${'x'.repeat(i % 97)}`)
    lines[777] = 'y'.repeat(2_500_000)
    lines[778] = '\n'.repeat(1_200_000)
    const read = await readAll(file(lines.join('\n')))
    expect(read.map((line) => line.text)).toEqual(lines.filter((line) => !line.startsWith('\n')))
  })

  test('a line of the largest size is read, a longer one is an error', async () => {
    const limit = 16 * 1024 * 1024
    const [line] = await readAll(file(Buffer.alloc(limit, 0x61)))
    expect(line?.text.length).toBe(limit)
    expect((await errorOf(() => readAll(file(Buffer.alloc(limit + 1, 0x61))))).code).toBe('RESOURCE_EXHAUSTED')
  })

  test('CSV: quoted line breaks belong to the record, the header comes with each', async () => {
    const path = file('\ufeffid,note\r\n1,"a\n""b"",c"\r\n2,d\n')
    const read = await readAll(path, CSV, 1)
    expect(read.map(({ text, key }) => [text, key])).toEqual([
      ['1,"a\n""b"",c"', 'id,note'],
      ['2,d', 'id,note'],
    ])
    // After a restart in the middle the names are still there.
    expect(await readAll(path, CSV, 10, read[1]?.offset)).toEqual([read[1]])
    expect((await readAll(path, { ...CSV, options: {} })).map(({ key }) => key)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('errors name the file and what to do', async () => {
    const missing = await errorOf(() => readAll('/nowhere/orders.jsonl'))
    expect(missing).toMatchObject({ code: 'NOT_FOUND', message: 'file "/nowhere/orders.jsonl" does not exist' })
    expect(missing.hint).toContain('absolute')
    expect((await errorOf(() => readAll(directory))).code).toBe('INVALID_ARGUMENT')
    expect(() => new FileReader({}, JSON_LINES)).toThrow(AppError)
  })
})
