// The ledger as a file beside the data, so that thirty days survive a restart. What can't be read is put aside, not used.

import { open, readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { Ledger, WINDOW_HOURS } from './ledger.ts'

const count = z.number().int().nonnegative()
const FILE = z.object({
  version: z.literal(1),
  entries: z.array(z.tuple([z.string(), z.string(), z.array(z.tuple([count, count, count])).max(WINDOW_HOURS + 1)])),
})

/** An empty one where there is no file, or one that is damaged: then `onDamage` is told. */
export async function readLedger(path: string, nowMs: number, onDamage: () => void): Promise<Ledger> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return new Ledger()
  }
  try {
    return Ledger.of(FILE.parse(JSON.parse(text)).entries, nowMs)
  } catch {
    onDamage()
    await rename(path, `${path}.damaged`).catch(() => undefined)
    return new Ledger()
  }
}

/** Whole or not at all. */
export async function writeLedger(path: string, ledger: Ledger): Promise<void> {
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify({ version: 1, entries: ledger.entries() }))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
}
