import { expect, it } from 'vitest'
import { loadConfig } from '../config/config.ts'
import { advertisedAddress } from './advertised-address.ts'

const of = (flags: Parameters<typeof loadConfig>[0]) => advertisedAddress(loadConfig(flags), 'pod-1')

it.each([
  ['127.0.0.1:7878', '127.0.0.1:7878'],
  ['0.0.0.0:7878', 'pod-1:7878'],
  ['[::]:7878', 'pod-1:7878'],
  ['[::1]:7878', '[::1]:7878'],
  ['weir.local:1', 'weir.local:1'],
  ['127.0.0.1:0', ''],
])('of a server that listens at %s is %j', (listen, address) => {
  expect(of({ flags: { listen } })).toBe(address)
})

it('is what was given, whatever it listens at', () => {
  expect(of({ flags: { listen: '0.0.0.0:7878', advertise: 'pod-1.weir:7000' } })).toBe('pod-1.weir:7000')
  expect(() => of({ flags: { advertise: 'nowhere' } })).toThrow('--advertise: ')
})
