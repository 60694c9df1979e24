// Posts each alert to a webhook, at least once: whatever stops on the way, this program, the server or the receiver, no
// alert is lost, and one that is sent again has the same Idempotency-Key.
//
//   npx node examples/error-rate/alert.ts [webhook] [server] [file of the token]

import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
// In a project of your own: from '@weir/client'.
import { type RowObject, WeirClient, WeirError } from '../../clients/typescript/src/index.ts'

const VIEW = 'error_alerts'
/** Longer, and the receiver is taken for dead. It may have done its work all the same: hence the key. */
const POST_TIMEOUT_MS = Number(process.env['POST_TIMEOUT_MS'] ?? 5_000)
const PAUSE_MS_FIRST = 200
const PAUSE_MS_MAX = 30_000

const [webhook = 'http://127.0.0.1:9000/alerts', server = '127.0.0.1:7878', tokenFile = 'alert-token.txt'] =
  process.argv.slice(2)

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

try {
  await using weir = await WeirClient.connect(server)
  await follow(weir, await readToken())
} catch (error) {
  if (!stop.signal.aborted) {
    const { message, hint = '' } = error as Partial<WeirError>
    console.error(`${message}. ${hint}`)
    process.exitCode = 1
  }
}

async function follow(weir: WeirClient, resumeToken: string | undefined): Promise<void> {
  try {
    for await (const event of weir.subscribe(VIEW, { resumeToken, signal: stop.signal }).events()) {
      if (event.kind !== 'changes') continue
      for (const { row } of event.changes) await post(row)
      // After the alerts, never before: killed in between, it sends them again, and the keys say so.
      if (event.resumeToken !== undefined) await saveToken(event.resumeToken)
    }
  } catch (error) {
    // The view was made anew, or its rows of then are no longer kept: all that there are, some of them known.
    const expired = error instanceof WeirError && error.status === 'OUT_OF_RANGE' && resumeToken !== undefined
    if (!expired) throw error
    console.error(`${error.message}: beginning with all alerts that there are`)
    await follow(weir, undefined)
  }
}

/** Resolves when the receiver has it, or has refused it for good. */
async function post({ service, window_end, requests, failed, failed_percent }: RowObject): Promise<void> {
  const at = (window_end as Date).toISOString()
  const key = `${VIEW}/${service}/${at}`
  const text = `${service}: ${failed_percent} % of ${requests} requests failed in the five minutes to ${at}`
  const alert = { service, windowEnd: at, requests: Number(requests), failed: Number(failed), text }
  for (let pauseMs = PAUSE_MS_FIRST; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
    const answer = await attempt(key, JSON.stringify(alert))
    if (answer === 'accepted') return console.log(`posted ${key}`)
    // Trying again does not mend a 400 or 404, and must not hold up the alerts behind it.
    if (answer === 'refused') return console.error(`REFUSED ${key}: ${text}`)
    console.error(`${webhook}: ${answer}; again in about ${pauseMs} ms`)
    await setTimeout(pauseMs / 2 + (Math.random() * pauseMs) / 2, undefined, { signal: stop.signal })
  }
}

async function attempt(key: string, body: string): Promise<string> {
  try {
    const response = await fetch(webhook, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
      // The alert goes where it was told to, and nowhere that an answer points to.
      redirect: 'manual',
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(POST_TIMEOUT_MS)]),
    })
    await response.body?.cancel()
    if (response.ok) return 'accepted'
    const isTransient = response.status === 408 || response.status === 429 || response.status >= 500
    return isTransient ? `HTTP ${response.status}` : 'refused'
  } catch (error) {
    stop.signal.throwIfAborted()
    const { message, cause } = error as Error
    return cause instanceof Error ? cause.message || message : message
  }
}

async function readToken(): Promise<string | undefined> {
  try {
    return await readFile(tokenFile, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The old one or the new one, never half of it, also after a loss of power. */
async function saveToken(token: string): Promise<void> {
  const file = await open(`${tokenFile}.new`, 'w')
  try {
    await file.writeFile(token)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${tokenFile}.new`, tokenFile)
  const directory = await open(dirname(tokenFile))
  await directory.sync().finally(() => directory.close())
}
