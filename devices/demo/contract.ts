// An energy performance contract of the demo: a hospital of the capital whose lights and air conditioning were renewed.
// Its year has ended before the demo starts; loads fall from its first day on, and a ward opens in the middle of it.
// Names, prices and shares are invented.

import { addMonths, DAY_MS, dateStartMs, dayLabel, dayOf, monthOf, monthRange } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { hash32 } from '../random.ts'
import { CAPITAL_CODE } from './areas.ts'
import type { DemoFault } from './faults.ts'
import { SHAPES } from './load-profile.ts'
import type { MeterLoad } from './meters.ts'

export interface DemoContract {
  institution: Institution
  /** Sub-meters whose use counts: lighting and sockets, air conditioning. */
  boundary: string[]
  /** Local days: of the baseline, of the contract's year, and the one on which the ward opens. */
  baselineFromDay: number
  reportingFromDay: number
  reportingEndDay: number
  wardDay: number
  /** What the ward uses, kWh a day. */
  wardKwhPerDay: number
  /** Mean savings of a year, kWh, as the loads have them. */
  savedKwhPerYear: number
}

/** Late readings are in so long after a month. */
const AFTER_DAYS = 4
/** The ward opens with this month of the year, counted from 0. */
const WARD_MONTH = 5
/** Part of the boundary's use that the work saves, and that the ward adds. */
const SAVED_SHARE = 0.2
const WARD_SHARE = 0.06
const HOURS_PER_YEAR = 365.25 * 24
const BOUNDARY = ['E2', 'E3'] as const

/** Chooses the hospital, and changes the loads of its meters. Throws when the demo has no hospital that fits. */
export function demoContract(
  institutions: readonly Institution[],
  { loads, faults, startMs }: { loads: Map<string, MeterLoad>; faults: readonly DemoFault[]; startMs: number },
): DemoContract {
  const institution = must(institutions.find((one) => fits(one, loads, faults)))
  const end = monthOf(startMs - AFTER_DAYS * DAY_MS)
  const dayAt = (months: number): number => dayOf(monthRange(addMonths(end, months)).fromMs)
  const boundary = BOUNDARY.map((suffix) => `${institution.id}-${suffix}`)
  const parts = boundary.flatMap((id) => must(loads.get(id)).parts)
  const perHour = parts.reduce((sum, part) => sum + part.perHour, 0)
  const contract: DemoContract = {
    ...{ institution, boundary },
    ...{ baselineFromDay: dayAt(-24), reportingFromDay: dayAt(-12), reportingEndDay: dayAt(0) },
    wardDay: dayAt(WARD_MONTH - 12),
    wardKwhPerDay: Math.round(perHour * WARD_SHARE * 24),
    savedKwhPerYear: perHour * SAVED_SHARE * HOURS_PER_YEAR,
  }
  const salts = new Set(parts.map(({ salt }) => salt))
  const ward = {
    ...{ shape: SHAPES.itEquipment, salt: hash32(`${institution.id}/ward`), fromDay: contract.wardDay },
    perHour: contract.wardKwhPerDay / 24,
  }
  for (const id of [`${institution.id}-E1`, ...boundary]) {
    const load = must(loads.get(id))
    const saved = load.parts
      .filter(({ salt }) => salts.has(salt))
      .map((part) => ({ ...part, perHour: -SAVED_SHARE * part.perHour, fromDay: contract.reportingFromDay }))
    const opened = id === boundary[1] ? [] : [ward]
    loads.set(id, { ...load, parts: [...load.parts, ...saved, ...opened] })
  }
  return contract
}

/** A hospital of the capital that measures its end uses, with registers alone and without a fault. */
function fits({ id, area, type }: Institution, loads: ReadonlyMap<string, MeterLoad>, faults: readonly DemoFault[]) {
  const own = [...loads.values()].filter(({ meter }) => meter.institution === id).map(({ meter }) => meter)
  return (
    type === 'healthcare' &&
    area.startsWith(CAPITAL_CODE.slice(0, 4)) &&
    BOUNDARY.every((suffix) => own.some((meter) => meter.id === `${id}-${suffix}`)) &&
    own.every(({ kind }) => kind === 'register') &&
    !faults.some(({ institution }) => institution === id)
  )
}

const STATION = 'demo-130100'
/** Yuan a kWh; an invented price. */
const PRICE_YUAN = 0.62
/** The guarantee is so much more than what is saved, so that the year ends with a shortfall. */
const GUARANTEE_SHARE = 1.08

/** The terms, as `PUT contracts/{id}` takes them. */
export function contractTerms({ institution, boundary, savedKwhPerYear, ...days }: DemoContract) {
  const reportingFrom = dayLabel(days.reportingFromDay)
  return {
    ...{ id: 'DEMO-EPC-1', name: '照明与空调节能改造', number: '演示-2025-01', kind: 'mixed' },
    institution: institution.id,
    parties: { owner: { name: institution.name }, contractor: { name: '演示节能服务公司（虚构）' } },
    ...{ medium: 'electricity', boundary: boundary.map((meter) => ({ meter })) },
    baseline: { from: dayLabel(days.baselineFromDay), to: reportingFrom, method: { kind: 'weather' } },
    reporting: { from: reportingFrom, to: dayLabel(days.reportingEndDay), everyMonths: 1 },
    price: { kind: 'fixed', yuanPerUnit: PRICE_YUAN },
    shares: [{ year: 1, ownerPct: 30, contractorPct: 70 }],
    guarantee: {
      ...{ amountPerYear: Math.round((savedKwhPerYear * GUARANTEE_SHARE) / 1000) * 1000, compensationPct: 100 },
    },
    latePayment: { perTenThousandPerDay: 3, dueDays: 15 },
    note: '演示数据：机构、价格与分成均为虚构。',
  }
}

/** The station of the demo's weather, which is invented. */
export const demoStation = {
  ...{ id: STATION, name: '石家庄（演示气象，虚构）', latitudeDeg: 38.03, longitudeDeg: 114.42 },
} as const

/** Temperatures of the station, one a day, over baseline and year. */
export const stationTemperatures = (
  { baselineFromDay, reportingEndDay }: DemoContract,
  temperatureC: (day: number) => number,
): { at: number; temperature: number }[] =>
  Array.from({ length: reportingEndDay - baselineFromDay }, (_, index) => {
    const day = baselineFromDay + index
    return { at: dateStartMs(dayLabel(day)), temperature: Math.round(temperatureC(day) * 10) / 10 }
  })
