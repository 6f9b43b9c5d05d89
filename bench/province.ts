// A province that has been settled and judged so far: counties with institutions of several kinds, the month documents
// of the year before, and the hours of the present month. What `bench -- assess` starts from.

import { addMonths, dayOf, type Month, monthRange, monthsThrough } from '../domain/calendar.ts'
import { standardsOfMonth } from '../domain/energy/conversion.ts'
import { institutionMonth } from '../domain/energy/institution-month.ts'
import { type SubjectMonth, sumSubjects } from '../domain/energy/subject-month.ts'
import { must } from '../domain/must.ts'
import { areaPathOf } from '../domain/registry/area.ts'
import type { Area, Institution, Meter, Target } from '../domain/registry/records.ts'
import type { Quota } from '../domain/standards/quota.ts'
import { type AlertMark, alertMarkKey } from '../functions/alerts/round.ts'
import { assessedKey, judgedByOf } from '../functions/judging/fingerprint.ts'
import { STANDARDS_RULE } from '../functions/judging/judgement.ts'
import { yearDocs } from '../functions/judging/subject-year.ts'
import { type ConsumptionDay, DERIVED, type Platform } from '../functions/platform.ts'
import { importRegistry } from '../functions/registry/import.ts'
import { registryReader } from '../functions/registry/reader.ts'

export const PROVINCE = '130000'
const CITY_COUNT = 11
/** A third of the institutions has a seventh meter: 200,134 meters in 31,600 institutions. */
const SEVENTH = { of: 3, have: 1 }
const PAST_MONTHS = 13

const METERS = [
  { medium: 'electricity', role: 'main', unit: 'kWh', purpose: '01000' },
  { medium: 'water', role: 'main', unit: 'm³', purpose: undefined },
  { medium: 'heat', role: 'main', unit: 'GJ', purpose: undefined },
  { medium: 'electricity', role: 'sub', unit: 'kWh', purpose: '01A10' },
  { medium: 'electricity', role: 'sub', unit: 'kWh', purpose: '01B10' },
  { medium: 'electricity', role: 'sub', unit: 'kWh', purpose: '01D10' },
  { medium: 'gas', role: 'main', unit: 'm³', purpose: 'heating' },
] as const satisfies Partial<Meter>[]
const TYPES = ['government', 'education', 'healthcare', 'other'] as const

export interface ProvinceSize {
  counties: number
  institutions: number
}
export interface SettledProvince {
  shards: string[]
  institutions: string[]
  meters: number
  /** The shard whose single institution is touched, and that institution. */
  first: { shard: string; institution: string }
  /** What the main meters of electricity used in the present month, kWh. */
  electricityKwh: number
}

/** Fills an empty platform; `nowMs` is in the month whose hours are written. */
export async function settledProvince(platform: Platform, size: ProvinceSize, nowMs: number, month: Month) {
  const records = provinceRecords(size)
  const { problems } = await importRegistry(platform.state, records)
  if (problems.length > 0) throw new Error(`the province is not a registry: ${JSON.stringify(problems[0])}`)
  const registry = registryReader(platform.state)
  const { shards } = await registry.refresh()
  const { fromMs } = monthRange(month)
  const days = Array.from({ length: dayOf(nowMs) - dayOf(fromMs) + 1 }, (_, i) => dayOf(fromMs) + i)
  let electricityKwh = 0
  for (const shard of shards) {
    const { institutions, meters } = await registry.shard(shard)
    const judgedBy = judgedByOf({ institutions, meters }, shard, { areas: records.areas })
    await platform.state.put([{ key: assessedKey(shard), value: Object.fromEntries(judgedBy) }], DERIVED)
    // Alerts are judged once a day, and are not what is measured here.
    const looked: AlertMark = { silenceMs: nowMs, dailyMs: nowMs }
    await platform.state.put([{ key: alertMarkKey(shard), value: looked }], DERIVED)
    await putPastMonths(platform, shard, { institutions, meters, areas: records.areas, month, nowMs })
    for (let first = 0; first < meters.length; first += 200) {
      const rows = meters
        .slice(first, first + 200)
        .flatMap((meter, i) => days.map((day) => dayRow(meter, first + i, day)))
      await platform.consumption.put(rows)
    }
    meters.forEach((meter, i) => {
      if (meter.medium !== 'electricity' || meter.role !== 'main') return
      for (const day of days) for (const amount of dayRow(meter, i, day).amounts) electricityKwh += amount
    })
  }
  const shard = must(shards[0])
  const first = { shard, institution: must((await registry.shard(shard)).institutions[0]).id }
  const institutions = records.institutions.map(({ id }) => id)
  return { shards, institutions, meters: records.meters.length, first, electricityKwh } satisfies SettledProvince
}

export function provinceRecords({ counties, institutions: count }: ProvinceSize) {
  const cities = Array.from({ length: Math.min(CITY_COUNT, counties) }, (_, i) => String(130_100 + i * 100))
  const codes = Array.from({ length: counties }, (_, i) =>
    String(Number(cities[i % cities.length]) + 1 + Math.floor(i / cities.length)),
  )
  const areas: Area[] = [
    { code: PROVINCE, name: 'Province', level: 'province' },
    ...cities.map((code) => ({ code, name: `City ${code}`, level: 'city' as const, parent: PROVINCE })),
    ...codes.map((code, i) => ({
      code,
      name: `County ${code}`,
      level: 'county' as const,
      parent: cities[i % cities.length],
    })),
  ]
  const institutions = Array.from({ length: count }, (_, i): Institution => {
    const area = codes[i % counties]
    return {
      id: `${area}-${String(Math.floor(i / counties)).padStart(4, '0')}`,
      name: `Institution ${i}`,
      area: must(area),
      type: must(TYPES[i % TYPES.length]),
      heatingKind: 'districtHeatMetered',
      sizes: [
        {
          validFrom: '2020-01-01',
          floorAreaM2: 4_000 + (i % 97) * 100,
          heatedAreaM2: 3_500,
          energyUsers: 100 + (i % 53),
        },
        {
          validFrom: '2024-07-01',
          floorAreaM2: 4_100 + (i % 97) * 100,
          heatedAreaM2: 3_600,
          energyUsers: 110 + (i % 53),
        },
      ],
    }
  })
  const meters = institutions.flatMap(({ id }, i) =>
    METERS.slice(0, i % SEVENTH.of < SEVENTH.have ? 7 : 6).map(
      (kind, k): Meter => ({
        ...kind,
        id: `${id}-M${k + 1}`,
        institution: id,
        gateway: `${id}-G1`,
        kind: 'register',
        resolution: 0.01,
        digits: 8,
        multiplier: 1,
        intervalMinutes: 15,
        stamp: 'end',
        replacements: [],
      }),
    ),
  )
  return {
    areas,
    institutions,
    meters,
    gateways: institutions.map(({ id }) => ({ id: `${id}-G1`, institution: id })),
    targets: [
      PROVINCE,
      ...cities,
      ...codes,
      ...institutions.filter((_, i) => i % 10 === 0).map(({ id }) => id),
    ].flatMap(targetsOf),
    quotas: TYPES.flatMap(quotasOf),
  }
}

const targetsOf = (subject: string): Target[] =>
  (['energyPerArea', 'energyPerCapita', 'waterPerCapita', 'co2PerArea'] as const).map((indicator) => ({
    subject,
    indicator,
    baseYear: 2025,
    endYear: 2030,
    baseValue: 20,
    reductionPct: 5,
    path: 'linear',
    source: 'bench',
    standIn: true,
  }))

const quotasOf = (type: Quota['type']): Quota[] =>
  (['heatingPerArea', 'nonHeatingPerArea', 'energyPerCapita', 'waterPerCapita'] as const).map((indicator) => ({
    standard: 'bench',
    type,
    indicator,
    constraint: 30,
    benchmark: 20,
    guide: 10,
    validFrom: '2020-01-01',
    source: 'bench',
    standIn: true,
  }))

/**
 * Documents of the months before `month`, of each institution and of the shard. All meters of a kind counted the same.
 */
async function putPastMonths(
  { state }: Platform,
  shard: string,
  of: { institutions: Institution[]; meters: Meter[]; areas: Area[]; month: Month; nowMs: number },
): Promise<void> {
  const months = monthsThrough(addMonths(of.month, -PAST_MONTHS), addMonths(of.month, -1))
  const path = areaPathOf(shard, new Map(of.areas.map((area) => [area.code, area])))
  const sets = new Map(months.map((month) => [month, standardsOfMonth(month, path, STANDARDS_RULE)]))
  const metersOf = Map.groupBy(of.meters, (meter) => meter.institution)
  const amount = { amount: 1_234.567_891, hoursKnown: 744 }
  const sums = new Map<Month, SubjectMonth[]>(months.map((month) => [month, []]))
  const docs = of.institutions.flatMap((institution) => {
    const own = metersOf.get(institution.id) ?? []
    const parts = months.flatMap((month) => {
      const standards = sets.get(month)
      if (!standards) return []
      return [
        institutionMonth({ institution, meters: own, month, asOfMs: of.nowMs, amounts: () => amount, sets: standards }),
      ]
    })
    for (const part of parts) sums.get(part.month)?.push(part)
    return yearsOf(institution.id, parts)
  })
  const total = [...sums].map(([month, parts]) => sumSubjects(month, parts))
  await state.put([...docs, ...yearsOf(shard, total)], DERIVED)
}

const yearsOf = (subject: string, months: readonly SubjectMonth[]) =>
  [...Map.groupBy(months, ({ month }) => month.slice(0, 4)).values()].flatMap((changed) =>
    yearDocs(subject, { changed }),
  )

const PATTERNS = 997
const PATTERN_HOURS = Array.from({ length: PATTERNS }, (_, first) =>
  Float64Array.from({ length: 24 }, (_, hour) => ((first + hour * 13) % PATTERNS) / 100),
)
const MEASURED = new Uint8Array(24)

const dayRow = (meter: Meter, index: number, day: number): ConsumptionDay => ({
  meter: meter.id,
  day,
  amounts: must(PATTERN_HOURS[(index * 31 + day * 7) % PATTERNS]),
  flags: MEASURED,
  events: [],
})
