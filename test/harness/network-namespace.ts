// Processes behind a network cable of their own, which can be pulled out. Each is in a network namespace that a pair of
// virtual interfaces joins to a bridge of the test: it reaches the host and the others at the addresses of that bridge,
// and nothing else. A cut takes the host's end down: packets are lost in both directions and nobody is told, as with a
// cable or a switch, and unlike with a closed port.
//
//   host ── bridge 10.231.N.1 ──┬── namespace 10.231.N.2
//                               └── namespace 10.231.N.3

import { type ChildProcess, execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import { DeathGuard } from '../../scripts/kafka/death-guard.ts'

/** The second byte of private addresses that home, cloud and container networks rarely have. */
const NETWORK = '10.231'
const NETWORKS_MAX = 255
/** `.1` is the host's, `.255` is for all. */
const NAMESPACES_MAX = 253
/** The kernel has 15 characters for the name of an interface. */
const NAME_BYTES = 4

/** Why there can't be any here; `null` where there can. */
export function namespacesMissing(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are a part of Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const probe = `weir-probe-${process.pid}`
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'pipe' })
    execFileSync('ip', ['netns', 'delete', probe], { stdio: 'pipe' })
    return null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return 'network namespaces need the command "ip" of iproute2'
    return `network namespaces are refused here: ${String((error as { stderr?: Buffer }).stderr).trim()}`
  }
}

/** A bridge with an address of the host, and the namespaces at it. */
export class TestNetwork implements AsyncDisposable {
  /** Where the host is for all namespaces; servers that they use listen here. */
  readonly hostAddress: string
  readonly #network: string
  readonly #bridge: string
  readonly #namespaces: NetworkNamespace[] = []
  readonly #guard = new DeathGuard()

  private constructor(network: string) {
    this.#network = network
    this.hostAddress = `${network}.1`
    this.#bridge = `wr${randomBytes(NAME_BYTES).toString('hex')}`
  }

  static async create(): Promise<TestNetwork> {
    const network = new TestNetwork(await unusedNetwork())
    network.#guardAll()
    try {
      await ip('link', 'add', network.#bridge, 'type', 'bridge')
      await ip('address', 'add', `${network.hostAddress}/24`, 'dev', network.#bridge)
      await ip('link', 'set', network.#bridge, 'up')
      return network
    } catch (error) {
      await network.close()
      throw error
    }
  }

  /** One more, joined to the others. */
  async addNamespace(): Promise<NetworkNamespace> {
    const number = this.#namespaces.length + 1
    if (number > NAMESPACES_MAX) throw new Error(`a test network has at most ${NAMESPACES_MAX} namespaces`)
    const name = `weir-${this.#bridge}-${number}`
    const hostEnd = `${this.#bridge}n${number}`
    const address = `${this.#network}.${number + 1}`
    const namespace = new NetworkNamespace(name, address, hostEnd)
    this.#namespaces.push(namespace)
    this.#guardAll()
    await ip('netns', 'add', name)
    await ip('link', 'add', hostEnd, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    await ip('link', 'set', hostEnd, 'master', this.#bridge, 'up')
    await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'lo', 'up')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
    return namespace
  }

  /** Kills what still runs in the namespaces, and removes them and the bridge. */
  async close(): Promise<void> {
    await promisify(execFile)('/bin/sh', ['-c', this.#removal()])
    await this.#guard.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #guardAll(): void {
    this.#guard.set(this.#removal())
  }

  /** Names that this made itself, and no others. What is not there (any more) is no failure. */
  #removal(): string {
    const namespaces = this.#namespaces.map(
      ({ name }) => `for pid in $(ip netns pids ${name}); do kill -9 $pid; done; ip netns delete ${name}`,
    )
    return `{ ${[...namespaces, `ip link delete ${this.#bridge}`].join('; ')}; } 2>/dev/null; true`
  }
}

/** Where processes have a network of their own. Made by `TestNetwork.addNamespace`. */
export class NetworkNamespace {
  readonly name: string
  /** Where the host and the other namespaces reach it. */
  readonly address: string
  readonly #hostEnd: string

  constructor(name: string, address: string, hostEnd: string) {
    this.name = name
    this.address = address
    this.#hostEnd = hostEnd
  }

  /** As `spawn` of `node:child_process`; the process has the pid and gets the signals. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, command, ...args], options)
  }

  /** From now on packets in both directions are lost. */
  async cut(): Promise<void> {
    await ip('link', 'set', this.#hostEnd, 'down')
  }

  async heal(): Promise<void> {
    await ip('link', 'set', this.#hostEnd, 'up')
  }
}

/** The first three bytes of a network to which this machine has no way yet: another test may run. */
async function unusedNetwork(): Promise<string> {
  const routes = await ip('route', 'show', 'table', 'all')
  for (let attempt = 0; attempt < NETWORKS_MAX; attempt++) {
    const network = `${NETWORK}.${randomInt(NETWORKS_MAX)}`
    if (!routes.includes(`${network}.`)) return network
  }
  throw new Error(`all networks of ${NETWORK}.0.0/16 are in use`)
}

async function ip(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('ip', args)).stdout
}
