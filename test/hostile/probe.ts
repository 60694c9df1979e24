// The client beside: asks for a view again and again and sends how long each answer took to its parent.

import { WeirClient } from '../../clients/typescript/src/index.ts'

const PAUSE_MS = 20
const [address = '', token = ''] = process.argv.slice(2)
const client = await WeirClient.connect(address, { token })
for (;;) {
  const startMs = performance.now()
  await client
    .query('SELECT region, n FROM public_sums', [], { timeoutMs: 30_000 })
    .toArray()
    .catch(() => [])
  process.send?.(performance.now() - startMs)
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
