// A webhook to try alert.ts with: prints each alert once, by its Idempotency-Key.
//
//   npx node examples/error-rate/receiver.ts [port]

import { createServer, type IncomingMessage } from 'node:http'

const BODY_BYTES_MAX = 64 * 1024
/** A real receiver keeps these with what it does for them, in one transaction. The oldest are forgotten. */
const KEYS_MAX = 10_000
const seen = new Set<string>()

const port = Number(process.argv[2] ?? 9000)
createServer(async (request, response) => {
  response.statusCode = await answer(request).catch(() => 400)
  response.end()
}).listen(port, '127.0.0.1', () => console.log(`waiting for alerts at http://127.0.0.1:${port}/alerts`))

async function answer(request: IncomingMessage): Promise<number> {
  const key = request.headers['idempotency-key']
  if (request.method !== 'POST' || typeof key !== 'string') return 400
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return 413
    chunks.push(chunk)
  }
  const { text } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly text: string }
  if (!seen.has(key)) console.log(text)
  seen.add(key)
  const [oldest] = seen
  if (seen.size > KEYS_MAX && oldest !== undefined) seen.delete(oldest)
  return 204
}
