// Ports for brokers that are stopped and started again. They come from below the range that the kernel takes for
// outgoing connections: a client that keeps trying a port of that range while its broker is down is sooner or later
// given the same port as its own end, is then connected to itself, and the broker can't have its port back.

import { once } from 'node:events'
import { createServer } from 'node:net'

/** Linux takes outgoing ports from 32768 on, macOS from 49152 on. */
const PORT_FIRST = 20_000
const PORT_LAST = 32_000
const ATTEMPTS_MAX = 1_000

/** So many ports on which nothing listens, different from those that this process was given before. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  for (let attempt = 0; ports.length < count; attempt++) {
    if (attempt === ATTEMPTS_MAX) throw new Error(`no free port from ${PORT_FIRST} to ${PORT_LAST}`)
    const port = PORT_FIRST + Math.floor(Math.random() * (PORT_LAST - PORT_FIRST))
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    ports.push(port)
  }
  return ports
}

const given = new Set<number>()

/** Nothing listens there, on any address of this machine. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '0.0.0.0')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
