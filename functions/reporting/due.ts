// Tells what is due in an area and which of its parts have not submitted (docs/rules/report.md#deadlines).

import { dayLabel, dayOf, type Month, monthRange } from '../../domain/calendar.ts'
import { isInService } from '../../domain/registry/dated.ts'
import { type DuePeriod, duePeriods } from '../../domain/report/deadlines.ts'
import { hasSubmitted, type ReportRecord } from '../../domain/report/life.ts'
import type { StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { reportKey } from './store.ts'

export interface ReportPart {
  type: 'institution' | 'area'
  id: string
  name: string
}
export interface AreaDue extends DuePeriod {
  /** The area's own report of the period. */
  own: ReportRecord | undefined
  parts: { part: ReportPart; report: ReportRecord | undefined }[]
}

interface DueSources {
  state: StateStore
  registry: RegistryReader
}

export const localDateOf = (ms: number): string => dayLabel(dayOf(ms))

/** The periods due on a local date, each with the reports of the area and its parts. */
export async function dueIn({ state, registry }: DueSources, area: string, on: string): Promise<AreaDue[]> {
  const { reportDeadlines } = await registry.tables()
  const periods = duePeriods(reportDeadlines, await registry.path(area), on)
  return Promise.all(
    periods.map(async (period) => {
      const own = (await state.get(reportKey(area, period.month)))?.value
      return { ...period, own, parts: await partsWithReports({ state, registry }, area, period.month) }
    }),
  )
}

/** The parts of an area at the end of a month, each with its report of that month. */
export async function partsWithReports(
  { state, registry }: DueSources,
  area: string,
  month: Month,
): Promise<AreaDue['parts']> {
  const parts = await partsOn(registry, area, monthRange(month).toMs - 1)
  const docs = await state.getMany(parts.map(({ id }) => reportKey(id, month)))
  const reports = new Map(docs.map(({ value }) => [value.subject, value]))
  return parts.map((part) => ({ part, report: reports.get(part.id) }))
}

/** The areas directly below, and the institutions that lie in the area itself and were in service then. */
async function partsOn(registry: RegistryReader, area: string, ms: number): Promise<ReportPart[]> {
  const below = (await registry.areas()).filter(({ parent }) => parent === area)
  const { institutions } = await registry.shard(area)
  return [
    ...below.map(({ code, name }): ReportPart => ({ type: 'area', id: code, name })),
    ...institutions
      .filter((institution) => isInService(institution, ms))
      .map(({ id, name }): ReportPart => ({ type: 'institution', id, name })),
  ]
}

export const missingIn = ({ parts }: AreaDue): AreaDue['parts'] => parts.filter(({ report }) => !hasSubmitted(report))
