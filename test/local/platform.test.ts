// The contract of functions/platform.ts, proved of the platform on one machine: DuckDB, SQLite and queues in memory.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalPlatform, openPlatform } from '../../local/platform.ts'
import { platformContract, storesContract } from '../platform.contract.ts'

const place = (changed: (platform: LocalPlatform) => LocalPlatform) => async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-platform-'))
  return {
    async open() {
      const platform = await openPlatform(folder)
      return { platform: changed(platform), serve: platform.fanOut.serve, close: () => platform.close() }
    },
    async remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

platformContract(
  'the platform on one machine',
  place((platform) => platform),
)

/** Each batch goes into files of the lake before the next one comes, and the files are merged. */
const movedAtOnce = (platform: LocalPlatform): LocalPlatform => {
  const { readings } = platform
  const append: LocalPlatform['readings']['append'] = async (batch, receivedMs) => {
    const refused = await readings.append(batch, receivedMs)
    await platform.tidyLake({ all: true })
    return refused
  }
  return { ...platform, readings: { ...readings, append } }
}
storesContract('the lake on one machine', place(movedAtOnce), ['readings'])
