import type { ServerConfig } from '../config/config.ts'

/** Addresses that mean all interfaces: nobody can be reached by them. */
const WILDCARD = /^(0\.0\.0\.0|\[::\]|\[0:0:0:0:0:0:0:0\])$/

/** Where other replicas reach this one, host:port; empty where that is not known before the server listens (port 0). */
export function advertisedAddress({ advertise, listen }: ServerConfig, hostName: string): string {
  if (advertise !== '') return advertise
  const at = listen.lastIndexOf(':')
  const [host, port] = [listen.slice(0, at), listen.slice(at + 1)]
  if (Number(port) === 0) return ''
  return `${WILDCARD.test(host) ? hostName : host}:${port}`
}
