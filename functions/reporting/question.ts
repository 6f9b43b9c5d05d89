// What a report is asked about, and what making it needs.

import type { Month } from '../../domain/calendar.ts'
import type { Area, Institution } from '../../domain/registry/records.ts'
import type { ConsumptionStore, StateStore } from '../platform.ts'
import type { RegistryHead, RegistryReader } from '../registry/reader.ts'

export interface ReportSources extends PartSources {
  head: RegistryHead
  nowMs: number
}
/** What a part of a report is made from. */
export interface PartSources {
  state: StateStore
  consumption: Pick<ConsumptionStore, 'get'>
  registry: RegistryReader
}
export interface ReportQuestion {
  type: 'institution' | 'area'
  id: string
  month: Month
}

/** Why a report cannot be made; `field`: of the question. */
export class ReportRefusal extends Error {
  readonly field: 'id' | 'month'
  constructor(field: 'id' | 'month', message: string) {
    super(message)
    this.field = field
  }
}

/** The month of a report, the instant up to which data count, and the present. */
export interface ReportTime {
  month: Month
  asOfMs: number
  nowMs: number
}

/** The subject of a report, or an area below it, with what judging it needs. */
export interface About {
  id: string
  type: 'institution' | 'area'
  name: string
  level: Area['level'] | undefined
  /** The area whose factors hold: its own code, or the institution's. */
  area: string
  profileArea: string | undefined
  areas: readonly Area[]
  /** The areas directly below; none for a county and an institution. */
  below: readonly Area[]
  institution?: Institution
}
