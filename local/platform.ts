// The platform on one machine: DuckDB for raw readings, SQLite for consumption and state, a folder for files, queues in memory, the wall clock.
// It is the product on one machine, and therefore the platform that tests use. Nothing is opened before first use.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Handler } from '../functions/handler.ts'
import { notifySettingOf } from '../functions/notification-outbox.ts'
import type { Platform, QueueName } from '../functions/platform.ts'
import { type ConsumptionFile, openConsumptionStore } from './consumption-store.ts'
import { type LocalDevices, localDevices } from './credentials.ts'
import { type LocalFanOut, localFanOut } from './fan-out.ts'
import { localNotifier } from './notify.ts'
import { openObjectFolder } from './object-folder.ts'
import { openReadingStore, type ReadingFile } from './reading-store.ts'
import { openDatabase } from './sqlite.ts'
import { openStateStore } from './state-store.ts'

export interface LocalPlatform extends Platform {
  readonly readings: ReadingFile
  readonly consumption: ConsumptionFile
  readonly fanOut: LocalFanOut
  readonly devices: LocalDevices
  close(): Promise<void>
}

/** Opens (or creates) a data folder. Throws when another process has it open. */
export async function openPlatform(folder: string, now: () => number = Date.now): Promise<LocalPlatform> {
  mkdirSync(folder, { recursive: true })
  const readings = await openReadingStore(join(folder, 'readings.duckdb')).catch((error: Error) => {
    if (!/lock/i.test(error.message)) throw error
    throw new Error(`the data folder "${folder}" is in use by another kilowatch`, { cause: error })
  })
  const db = openDatabase(join(folder, 'state.sqlite'))
  const fanOut = localFanOut()
  const state = openStateStore(db)
  return {
    readings,
    consumption: openConsumptionStore(db),
    state,
    objects: openObjectFolder(join(folder, 'objects')),
    fanOut,
    devices: localDevices(state),
    notify: localNotifier({ setting: () => notifySettingOf(state), now }),
    now,
    async close() {
      await fanOut.stop()
      await readings.close()
      db.close()
    },
  }
}

/**
 * What `#platform` means outside AWS: the data folder named by KILOWATCH_DATA. A handler bundled for Lambda must have been
 * built with the `aws` condition, so finding ourselves there is a broken build.
 */
export function platform(): Platform {
  if (process.env.AWS_LAMBDA_FUNCTION_NAME) throw new Error('the local platform was bundled into a Lambda function')
  let opened: Promise<LocalPlatform> | undefined
  const open = (): Promise<LocalPlatform> => {
    opened ??= openPlatform(process.env.KILOWATCH_DATA ?? 'data')
    return opened
  }
  return {
    readings: {
      append: async (...args) => (await open()).readings.append(...args),
      touchedSince: async (...args) => (await open()).readings.touchedSince(...args),
      range: async (...args) => (await open()).readings.range(...args),
      count: async (meters) => (await open()).readings.count(meters),
      history: async (...args) => (await open()).readings.history(...args),
    },
    consumption: {
      put: async (...args) => (await open()).consumption.put(...args),
      get: async (...args) => (await open()).consumption.get(...args),
      sums: async (...args) => (await open()).consumption.sums(...args),
    },
    state: {
      get: async (key) => (await open()).state.get(key),
      getMany: async (keys) => (await open()).state.getMany(keys),
      put: async (...args) => (await open()).state.put(...args),
      delete: async (keys) => (await open()).state.delete(keys),
      query: async (prefix, options) => (await open()).state.query(prefix, options),
    },
    objects: {
      put: async (...args) => (await open()).objects.put(...args),
      get: async (key) => (await open()).objects.get(key),
      delete: async (key) => (await open()).objects.delete(key),
    },
    devices: {
      provision: async (gateways) => (await open()).devices.provision(gateways),
      issue: async (...args) => (await open()).devices.issue(...args),
      confirm: async (gateway) => (await open()).devices.confirm(gateway),
      revoke: async (gateway) => (await open()).devices.revoke(gateway),
      command: async (...args) => (await open()).devices.command(...args),
    },
    fanOut: { send: async (...args) => (await open()).fanOut.send(...args) },
    notify: { send: async (...args) => (await open()).notify.send(...args) },
    now: Date.now,
  }
}

type Factory<Event, Result> = (on: Platform) => Handler<Event, Result>

/** How a handler is entered: here with the events that it takes anyway. In AWS the same names translate (cloud/platform.ts). */
export const onMessages = <Event, Result>(factory: Factory<Event, Result>) => factory(platform())
export const onHttp = <Event, Result>(factory: Factory<Event, Result>) => factory(platform())
export const onShards = <Event, Result>(_queue: QueueName, factory: Factory<Event, Result>) => factory(platform())
