// Opens the stores of a data folder for making a report, also beside a running host: each document is read once.

import type { DatabaseSync } from 'node:sqlite'
import type { ConsumptionStore } from '../functions/platform.ts'
import { type RegistryReader, registryReader } from '../functions/registry/reader.ts'
import type { PartSources } from '../functions/reporting/question.ts'
import { openConsumptionStore } from './consumption-store.ts'
import { openDatabase } from './sqlite.ts'
import { type LocalStateStore, openStateStore } from './state-store.ts'

export interface ReportStores extends PartSources {
  db: DatabaseSync
  state: LocalStateStore
  registry: RegistryReader
}

export function openReportStores(stateFile: string): ReportStores {
  const db = openDatabase(stateFile, { readsOnce: true })
  const state = openStateStore(db)
  // Opening it reads the keys of all meters, and a report of several counties asks for no hours.
  let opened: ConsumptionStore | undefined
  const get: ConsumptionStore['get'] = (meters, fromDay, toDay) => {
    opened ??= openConsumptionStore(db)
    return opened.get(meters, fromDay, toDay)
  }
  return { db, state, registry: registryReader(state), consumption: { get } }
}
