import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDataDirectory } from '../../../src/adapters/embedded/data-directory.ts'
import { ManualClock } from '../../../src/adapters/memory/manual-clock.ts'
import { describeCatalog } from '../../contract/catalog-contract.ts'
import { describeLog } from '../../contract/log-contract.ts'
import { describeState } from '../../contract/state-contract.ts'

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'weir-test-'))
}

describeLog(
  'embedded',
  async () => {
    const path = temporary()
    let nowMs = 0
    const clock = Object.assign(new ManualClock(), { nowMs: () => nowMs })
    const directory = await openDataDirectory(path, { clock })
    return {
      log: directory.log,
      setNowMs: (ms) => {
        nowMs = ms
      },
      close: async () => {
        await directory.close()
        rmSync(path, { recursive: true })
      },
    }
  },
  { ownRetention: true, headers: false },
)

describeState('embedded', async () => {
  const path = temporary()
  let directory = await openDataDirectory(path)
  return {
    storage: directory,
    reopen: async () => {
      await directory.close()
      directory = await openDataDirectory(path)
      return directory
    },
    close: async () => {
      await directory.close()
      rmSync(path, { recursive: true })
    },
  }
})

describeCatalog('embedded', async () => {
  const path = temporary()
  let directory = await openDataDirectory(path)
  return {
    catalog: directory.catalog,
    reopen: async () => {
      await directory.close()
      directory = await openDataDirectory(path)
      return directory.catalog
    },
    close: async () => {
      await directory.close()
      rmSync(path, { recursive: true })
    },
  }
})
