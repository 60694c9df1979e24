// Attacks on the port itself: bytes, frames, floods and readers that do not read. All of them on this machine, and in
// number and time bounded.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { QUERY_SERVICE, SUBSCRIPTION_SERVICE } from '../../src/server/grpc/protos.ts'
import type { Attack } from './attack.ts'
import type { Attacker } from './hostile-world.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const HOLD_MS = 2_000
const CLOSE_MS = 2_000
const BEGIN_MS = 30_000
/** Calls on one connection that the server takes. */
const STREAMS_PER_SESSION = 100

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function openSocket({ host, port }: Attacker): Promise<Socket> {
  const socket = connect(port, host).on('error', () => {})
  await Promise.race([once(socket, 'connect').catch(() => {}), once(socket, 'close'), pause(CLOSE_MS)])
  return socket
}

async function openSession({ address }: Attacker): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://${address}`).on('error', () => {})
  await Promise.race([once(session, 'connect').catch(() => {}), pause(CLOSE_MS)])
  return session
}

function request(session: ClientHttp2Session, path: string, token: string, more: Record<string, string> = {}) {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
  return session.request({ ...headers, authorization: `Bearer ${token}`, ...more }).on('error', () => {})
}

function framed(message: Buffer, compressed = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt8(compressed, 0)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The status of a call; undefined when its stream was cut. */
async function statusOf(stream: ClientHttp2Stream): Promise<number | undefined> {
  let status: number | undefined
  const read = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status'])
  }
  stream.on('response', read).on('trailers', read).resume()
  await Promise.race([once(stream, 'close').catch(() => {}), pause(10_000)])
  return status
}

export const bytes: Attack = {
  name: 'random bytes, and frames that are none',
  async run(attacker, { size, outcome }) {
    for (let i = 0; i < size(200); i++) {
      const socket = await openSocket(attacker)
      socket.write(i % 2 === 0 ? randomBytes(4_096) : Buffer.concat([PREFACE, randomBytes(4_096)]))
      outcome.expect(true)
      setTimeout(() => socket.destroy(), HOLD_MS)
    }
    await pause(HOLD_MS)
  },
}

export const idle: Attack = {
  name: 'connections that say nothing, or half of something',
  async run(attacker, { size, outcome }) {
    const sockets: Socket[] = []
    for (let i = 0; i < size(500); i++) {
      const socket = await openSocket(attacker)
      socket.write(PREFACE.subarray(0, i % PREFACE.length))
      sockets.push(socket)
      outcome.expect(true)
    }
    await pause(HOLD_MS)
    for (const socket of sockets) socket.destroy()
  },
}

export const inflation: Attack = {
  name: 'messages that are small until they are unpacked',
  async run(attacker, { outcome }) {
    const session = await openSession(attacker)
    const bomb = framed(gzipSync(Buffer.alloc(256 * 1024 * 1024)), 1)
    for (let i = 0; i < 8; i++) {
      const stream = request(session, QUERY_SERVICE.Validate.path, attacker.token, { 'grpc-encoding': 'gzip' })
      stream.end(bomb)
      // OK would mean that it was taken as it is.
      outcome.expect((await statusOf(stream)) !== 0)
    }
    session.destroy()
  },
}

export const sizes: Attack = {
  name: 'messages that are larger than they may be, or say so',
  async run(attacker, { outcome }) {
    const session = await openSession(attacker)
    const lie = Buffer.alloc(5)
    lie.writeUInt32BE(0xffff_fff0, 1)
    for (const body of [framed(Buffer.alloc(16 * 1024 * 1024)), lie, framed(randomBytes(1_000)), randomBytes(3)]) {
      const stream = request(session, QUERY_SERVICE.Execute.path, attacker.token)
      stream.end(body)
      outcome.expect((await statusOf(stream)) !== 0)
    }
    for (const path of ['/', '/x', `/${'x'.repeat(10_000)}`, '/weir.v1.QueryService/__proto__', '/constructor']) {
      const stream = request(session, path, attacker.token)
      stream.end(framed(Buffer.alloc(0)))
      outcome.expect((await statusOf(stream)) !== 0)
    }
    session.destroy()
  },
}

export const pings: Attack = {
  name: 'a flood of pings and of streams that are reset at once',
  async run(attacker, { size, outcome }) {
    const session = await openSession(attacker)
    for (let i = 0; i < size(10_000) && !session.destroyed; i++) {
      session.ping(() => {})
      if (i % 100 === 0) await pause(1)
    }
    outcome.expect(true)
    session.destroy()
    for (let round = 0; round < 4; round++) {
      const reset = await openSession(attacker)
      for (let i = 0; i < size(2_000) && !reset.destroyed && !reset.closed; i++) {
        request(reset, SUBSCRIPTION_SERVICE.Subscribe.path, attacker.token).close(constants.NGHTTP2_CANCEL)
        if (i % 50 === 0) await pause(1)
      }
      outcome.expect(true)
      reset.destroy()
    }
  },
}

export const calls: Attack = {
  name: 'calls without end, and without a token',
  async run(attacker, { size, outcome }) {
    const sessions: ClientHttp2Session[] = []
    for (let i = 0; i < 10; i++) {
      const session = await openSession(attacker)
      sessions.push(session)
      for (let j = 0; j < size(STREAMS_PER_SESSION); j++) {
        request(session, QUERY_SERVICE.Query.path, j % 2 === 0 ? attacker.token : 'weir_none')
        outcome.expect(true)
      }
    }
    await pause(HOLD_MS)
    for (const session of sessions) session.destroy()
  },
}

export const stalled: Attack = {
  name: 'subscribers that read nothing',
  async run(attacker, { size, outcome }) {
    const writer = attacker.client.ingest('mine')
    for (let i = 0; i < 1_000; i++) await writer.write({ id: BigInt(i), text: 'x'.repeat(1_000) })
    await writer.flush()
    const message = framed(SUBSCRIPTION_SERVICE.Subscribe.requestSerialize({ name: 'mine_all' }))
    const sessions: ClientHttp2Session[] = []
    let begun = 0
    for (let left = size(1_000); left > 0; left -= STREAMS_PER_SESSION) {
      const session = await openSession(attacker)
      sessions.push(session)
      for (let i = 0; i < Math.min(left, STREAMS_PER_SESSION); i++) {
        const stream = request(session, SUBSCRIPTION_SERVICE.Subscribe.path, attacker.token)
        stream.once('response', () => (begun += 1)).end(message)
      }
    }
    // All of them are being sent to, as far as they take it.
    for (let waitedMs = 0; begun < size(1_000) && waitedMs < BEGIN_MS; waitedMs += 100) await pause(100)
    for (let i = 0; i < begun; i++) outcome.expect(true)
    await pause(HOLD_MS)
    for (const session of sessions) session.destroy()
  },
}
