// Composes the platform on one machine: DuckDB for raw readings, SQLite for consumption and state, a folder for files,
// queues in memory, the wall clock. It is the product on one machine, and therefore also the platform of the tests.

import { join } from 'node:path'
import type { BackupView } from '../domain/view/backup.ts'
import type { ExportView } from '../domain/view/export.ts'
import type { ExportAsked, HostProblem, LoopDelay, Platform } from '../functions/platform.ts'
import { registryKeys } from '../functions/registry/reader.ts'
import { notifySettingOf } from '../functions/telling/outbox.ts'
import { type LocalAccounts, localAccounts } from './accounts.ts'
import { backUp, pruneBackups } from './backup.ts'
import { type ConsumptionFile, openConsumptionStore } from './consumption-store.ts'
import { type LocalDevices, localDevices } from './credentials.ts'
import { closeToOthers } from './data-folder.ts'
import { exportFolder } from './export.ts'
import { type LocalFanOut, localFanOut } from './fan-out.ts'
import { lossError, openMark, READINGS_FILE, STATE_FILE } from './folder-mark.ts'
import { type LocalClock, localClock } from './host-clock.ts'
import type { PassOptions } from './lake/lake.ts'
import type { Tidied } from './lake/mover.ts'
import { loopWatch } from './loop-watch.ts'
import { localNotifier } from './notify.ts'
import { OBJECTS_FOLDER, openObjectFolder } from './object-folder.ts'
import { openReadingStore, type ReadingFile } from './reading-store.ts'
import { checkpointApart, onTurn, openDatabase, turnOf } from './sqlite.ts'
import { type LocalStateStore, openStateStore } from './state-store.ts'
import { type StorageWatch, storageWatch } from './storage-watch.ts'
import { type VerifyQueue, verifyQueue } from './verify-queue.ts'

export interface LocalPlatform extends Platform {
  readonly readings: ReadingFile
  readonly state: LocalStateStore
  readonly consumption: ConsumptionFile
  readonly fanOut: LocalFanOut
  readonly devices: LocalDevices
  readonly accounts: LocalAccounts
  /** Where all passwords wait to be stretched. */
  readonly passwords: VerifyQueue
  readonly hostClock: LocalClock
  readonly storage: StorageWatch
  backUp(folder: string, keep?: number): Promise<BackupView>
  exportTo(asked: ExportAsked): Promise<ExportView>
  /** Moves old readings into the lake, as far as that is due (docs/rules/lake.md#tidying); `all`: every reading. */
  tidyLake(options?: Pick<PassOptions, 'all'>): Promise<Tidied>
  problems(): readonly HostProblem[]
  loopDelay(): LoopDelay
  /** For a process that serves others: merging the log of the state must not stop its event loop. */
  checkpointApart(): void
  close(): Promise<void>
}

/** Opens (or creates) a data folder. Throws when another process has it open. */
export async function openPlatform(
  folder: string,
  now?: () => number,
  { acceptLoss = false } = {},
): Promise<LocalPlatform> {
  const repaired = closeToOthers(folder)
  if (repaired > 0)
    console.error(`kilowatch: other users could read ${repaired} files and folders of "${folder}"; they no longer can`)
  const mark = openMark(folder, acceptLoss)
  const readings = await openReadingStore(join(folder, READINGS_FILE)).catch((error: Error) => {
    throw openingError(folder, error)
  })
  const db = openDatabase(join(folder, STATE_FILE))
  const damage = readings.damage()
  if (acceptLoss) await readings.acceptDamage()
  const behind = mark.losses({ ...readings.extent(), turn: turnOf(db) })
  const losses = acceptLoss ? behind : [...damage, ...behind]
  if (losses.length > 0) {
    await readings.close()
    db.close()
    throw lossError(folder, losses)
  }
  readings.onCommit(() => mark.note(readings.extent()))
  onTurn(db, (turn) => mark.note({ turn }))
  const fanOut = localFanOut()
  const loop = loopWatch()
  let endCheckpoints = async (): Promise<void> => undefined
  const state = openStateStore(db)
  const consumption = openConsumptionStore(db)
  const passwords = verifyQueue()
  const storage = storageWatch(folder)
  const hostClock = await localClock({ readings, state }, now)
  return {
    readings,
    consumption,
    state,
    objects: openObjectFolder(join(folder, OBJECTS_FOLDER)),
    fanOut,
    async backUp(target, keep) {
      const made = await backUp({ folder, readings, db, now: now ?? Date.now }, target)
      return { ...made, removed: await pruneBackups(target, keep) }
    },
    exportTo: (asked) => exportFolder({ readings, state, consumption, now: now ?? Date.now }, asked),
    async tidyLake(asked) {
      const countiesOf = async (meters: readonly string[]): Promise<(string | undefined)[]> => {
        const places = await state.getMany(meters.map(registryKeys.meterPlace))
        const found = new Map(places.map(({ key, value }) => [key, value]))
        return meters.map((meter) => found.get(registryKeys.meterPlace(meter)))
      }
      return await readings.tidy({ countiesOf, nowMs: (now ?? Date.now)(), ...asked })
    },
    devices: localDevices(state),
    accounts: localAccounts({ state, now: now ?? Date.now, queue: passwords }),
    passwords,
    notify: localNotifier({ setting: () => notifySettingOf(state), now: now ?? Date.now }),
    now: now ?? Date.now,
    hostClock,
    storage,
    loopDelay: loop.delay,
    problems: () => [hostClock.problem(), storage.problem()].filter((one) => one !== undefined),
    checkpointApart() {
      endCheckpoints = checkpointApart(db, join(folder, STATE_FILE))
    },
    async close() {
      loop.stop()
      await endCheckpoints()
      await fanOut.stop()
      await readings.close()
      db.close()
      mark.close()
    },
  }
}

/** DuckDB's error in words for an operator. */
function openingError(folder: string, error: Error): Error {
  const file = join(folder, READINGS_FILE)
  if (/Could not set lock on file/i.test(error.message))
    return new Error(`the data folder "${folder}" is in use by another kilowatch`, { cause: error })
  return new Error(
    `"${file}" cannot be read, it is damaged or not ours: restore a copy of the folder. ${error.message}`,
    {
      cause: error,
    },
  )
}
