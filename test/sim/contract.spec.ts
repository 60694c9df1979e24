import { describeCatalog } from '../contract/catalog-contract.ts'
import { describeLog } from '../contract/log-contract.ts'
import { describeState } from '../contract/state-contract.ts'
import { SimDisk } from './sim-disk.ts'
import { SimStorage } from './sim-storage.ts'

// The models that the simulation runs on keep the same contract as the storages that users run on.

describeLog('simulated', async () => {
  const storage = new SimStorage()
  return { log: storage.log, setNowMs: (nowMs) => storage.setNowMs(nowMs), close: () => storage.close() }
})

describeState('simulated', async () => {
  const disk = new SimDisk()
  const storage = new SimStorage(disk)
  return { storage, reopen: async () => new SimStorage(disk), close: () => storage.close() }
})

describeCatalog('simulated', async () => {
  const disk = new SimDisk()
  const storage = new SimStorage(disk)
  return { catalog: storage.catalog, reopen: async () => new SimStorage(disk).catalog, close: () => storage.close() }
})
