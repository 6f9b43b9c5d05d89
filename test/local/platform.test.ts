// The contract of functions/platform.ts, proved of the platform on one machine: DuckDB, SQLite and queues in memory.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPlatform } from '../../local/platform.ts'
import { platformContract } from '../platform.contract.ts'

platformContract('the platform on one machine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-platform-'))
  return {
    async open() {
      const platform = await openPlatform(folder)
      return {
        platform,
        serve: platform.fanOut.serve,
        close: () => platform.close(),
      }
    },
    async remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
})
