import { ManualClock } from '../../src/adapters/memory/manual-clock.ts'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import { describeCatalog } from './catalog-contract.ts'
import { describeLog } from './log-contract.ts'
import { describeState } from './state-contract.ts'

describeLog('memory', async () => {
  let nowMs = 0
  const clock = Object.assign(new ManualClock(), { nowMs: () => nowMs })
  const storage = openMemoryStorage({ clock })
  return {
    log: storage.log,
    setNowMs: (ms) => {
      nowMs = ms
    },
    close: () => storage.close(),
  }
})

describeState('memory', async () => {
  const storage = openMemoryStorage()
  return { storage, reopen: async () => storage, close: () => storage.close() }
})

describeCatalog('memory', async () => {
  const { catalog, close } = openMemoryStorage()
  return { catalog, reopen: async () => catalog, close }
})
