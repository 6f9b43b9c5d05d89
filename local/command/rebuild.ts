// `kilowatch rebuild`: computes all derived data in the data folder again. The host must not run: it would settle and
// judge at the same time, from data that is being deleted.

import { existsSync } from 'node:fs'
import { rebuild } from '../../functions/rebuild.ts'
import { runningHost } from '../host-address.ts'
import { openPlatform } from '../platform.ts'

export async function rebuildFolder({ data, json }: { data: string; json?: boolean }): Promise<void> {
  const host = runningHost(data)
  if (host) throw new Error(`kilowatch runs on "${data}" (process ${host.pid}); stop it, then rebuild`)
  if (!existsSync(data)) throw new Error(`there is no data folder "${data}"`)
  const platform = await openPlatform(data)
  try {
    const startedMs = performance.now()
    const rebuilt = await rebuild(platform, () => platform.consumption.clear())
    const seconds = (performance.now() - startedMs) / 1000
    if (json) process.stdout.write(`${JSON.stringify({ ...rebuilt, seconds })}\n`)
    else {
      const { readings, shards, documents, documentsBefore } = rebuilt
      const what = `${documents} documents (${documentsBefore} before) from ${readings} readings of ${shards} areas`
      process.stdout.write(`rebuilt ${what} in ${seconds.toFixed(1)} s\n`)
    }
    for (const { shard, reason } of rebuilt.failed) process.stderr.write(`kilowatch: area "${shard}": ${reason}\n`)
    if (rebuilt.failed.length > 0) process.exitCode = 1
  } finally {
    await platform.close()
  }
}
