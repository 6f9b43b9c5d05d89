// Replays a wide table: each building becomes an institution with a gateway and an interval meter. The result is the
// energy by calendar year with its coverage, and the dual control of all buildings in the last year against the first.

import { type Building, readBuildingsCsv, readWideCsv } from '../../devices/replay/csv-source.ts'
import { HOUR_MS, yearOf, yearRange } from '../../domain/calendar.ts'
import { coefficientSetOn, kgceOf } from '../../domain/energy/conversion.ts'
import { INTENSITY_INDICATORS, TOTAL_INDICATORS } from '../../domain/indicator.ts'
import type { DualControl } from '../../domain/judge/result.ts'
import { must } from '../../domain/must.ts'
import type { Institution, Target } from '../../domain/registry/records.ts'
import { sumKnown } from '../../domain/settle/case.ts'
import type { AreaStatusView, SeriesView } from '../../domain/view/view.ts'
import type { Client } from './client.ts'
import { replayId } from './replay-id.ts'
import { dayAfterRecord, type ReplayCommandOptions, type ReplayPlan } from './replay-plan.ts'

const AREA = 'replay'
/** BDG2's primaryspaceusage → our types. */
const TYPES: Readonly<Record<string, Institution['type']>> = {
  Office: 'government',
  Education: 'education',
  Healthcare: 'healthcare',
  'Entertainment/public assembly': 'venue',
}

export async function buildingsReplay(options: ReplayCommandOptions): Promise<ReplayPlan> {
  if (!options.buildings)
    throw new Error('a wide table needs --buildings: the floor areas that its intensities divide by')
  const known = await readBuildingsCsv(options.buildings)
  const table = await readWideCsv(options.readings, known)
  const buildings = table.buildings.map((id) => sized(known.get(id), id, options))
  const { notes } = table
  return {
    area: AREA,
    registry: {
      areas: [{ code: AREA, name: '回放建筑', nameEn: 'Replayed buildings', level: 'county' }],
      institutions: buildings.map(({ id, use, floorAreaM2, occupants }) => ({
        id: replayId(id),
        name: id,
        area: AREA,
        type: TYPES[use ?? ''] ?? 'other',
        // A recorded building has one size for all of its record.
        sizes: [{ validFrom: '1970-01-02', floorAreaM2, ...(occupants && { energyUsers: occupants }) }],
      })),
      gateways: buildings.map(({ id }) => ({ id: replayId(id), institution: replayId(id) })),
      meters: buildings.map(({ id }) => ({
        id: meterOf(id),
        institution: replayId(id),
        gateway: replayId(id),
        medium: 'electricity',
        unit: 'kWh',
        kind: 'interval',
        stamp: 'start',
        intervalMinutes: 60,
        validTo: dayAfterRecord(table.toMs - 1),
      })),
    },
    gateways: buildings.map(({ id }) => ({
      id: replayId(id),
      meters: [
        { meter: meterOf(id), ...(table.series.get(id) ?? { atMs: new Float64Array(), value: new Float64Array() }) },
      ],
    })),
    notes:
      notes.unsortedRows + notes.repeatedRows > 0
        ? [
            `${options.readings}: ${notes.unsortedRows} rows out of order, ${notes.repeatedRows} repeated hours (the last holds), from line ${notes.firstLine}`,
          ]
        : [],
    async result(client) {
      const rows = []
      for (const building of buildings) rows.push(await buildingResult(client, building, table))
      return { buildings: rows, portfolio: await portfolio(client, table, options.reductionPct) }
    },
  }
}

const meterOf = (building: string): string => `${replayId(building)}-E`

type SizedBuilding = Building & { floorAreaM2: number }

/** The list may hold buildings of unknown area; a replayed one needs its area, since intensities divide by it. */
function sized(building: Building | undefined, id: string, { buildings }: ReplayCommandOptions): SizedBuilding {
  if (building?.floorAreaM2 === undefined)
    throw new Error(`${buildings}, column sqm: building "${id}" has no area in m²`)
  return { ...building, floorAreaM2: building.floorAreaM2 }
}

interface Span {
  fromMs: number
  toMs: number
}

async function buildingResult(client: Client, { id, floorAreaM2 }: SizedBuilding, { fromMs, toMs }: Span) {
  const series = await client.get<SeriesView>(
    `meters/${encodeURIComponent(meterOf(id))}/series?from=${fromMs}&to=${toMs}`,
  )
  const known = new Map(series.points.flatMap(({ atMs, value }) => (value === null ? [] : [[atMs, value] as const])))
  const flagged = (flag: string): number =>
    series.points.filter((point) => point.flag === flag && point.value !== null).length
  const expected = Math.round((toMs - fromMs) / HOUR_MS)
  const years = yearsOf({ fromMs, toMs })
  const kwhByYear = Object.fromEntries(
    years.map((year) => {
      const { fromMs: first, toMs: end } = yearRange(year)
      const amounts = [...known].filter(([atMs]) => atMs >= first && atMs < end).map(([, kwh]) => kwh)
      return [year, amounts.length > 0 ? sumKnown(amounts) : null]
    }),
  )
  const perM2 = (energy: (kwh: number, year: number) => number) =>
    Object.fromEntries(
      Object.entries(kwhByYear).map(([year, kwh]) => [
        year,
        kwh === null ? null : energy(kwh, Number(year)) / floorAreaM2,
      ]),
    )
  const kgceBy = (purpose: 'statistics' | 'quota') => (kwh: number, year: number) =>
    kgceOf('electricity', kwh, coefficientSetOn(purpose, `${year}-01-01`, { retroactive: true }))
  return {
    id,
    kwhByYear,
    hours: {
      measured: flagged('measured'),
      estimated: flagged('estimated'),
      partial: flagged('partial'),
      missing: expected - known.size,
    },
    longestGapHours: longestGap(known, fromMs, toMs),
    kwhPerM2ByYear: perM2((kwh) => kwh),
    kgcePerM2ByYear: { statistics: perM2(kgceBy('statistics')), quota: perM2(kgceBy('quota')) },
  }
}

function yearsOf({ fromMs, toMs }: Span): number[] {
  const [first, last] = [yearOf(fromMs), yearOf(toMs - 1)]
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** The longest run of hours without a value, including before the first and after the last value. */
function longestGap(known: ReadonlyMap<number, number>, fromMs: number, toMs: number): number {
  let longest = 0
  let run = 0
  for (let ms = fromMs; ms < toMs; ms += HOUR_MS) {
    run = known.has(ms) ? 0 : run + 1
    longest = Math.max(longest, run)
  }
  return longest
}

/**
 * Dual control of all buildings in the last year against the first. No authority set targets for these buildings, so
 * the first year's level is the cap, and intensities shall fall by `reductionPct` (0 by default): a stand-in, and
 * labelled so.
 */
async function portfolio(client: Client, span: Span, reductionPct: number) {
  const years = yearsOf(span)
  const [baseYear, year] = [must(years[0]), must(years.at(-1))]
  const statusOf = async (one: number): Promise<DualControl | null> =>
    (await client.get<AreaStatusView>(`areas/${AREA}/status?month=${one}-12`)).dualControl
  const base = await statusOf(baseYear)
  if (year === baseYear) return { baseYear, year, base, dualControl: base }
  const source = `level of ${baseYear}; totals may not rise, intensities fall by ${reductionPct} % (--reduction-pct)`
  const actual = (indicator: string) => base?.indicators.find((one) => one.indicator === indicator)?.actual ?? undefined
  const targets = [...TOTAL_INDICATORS, ...INTENSITY_INDICATORS].flatMap((indicator): Target[] => {
    const baseValue = actual(indicator)
    if (!baseValue || baseValue <= 0) return []
    const isTotal = TOTAL_INDICATORS.some((total) => total === indicator)
    const aim = isTotal ? { cap: baseValue } : { reductionPct }
    return [
      { subject: AREA, indicator, baseYear, endYear: year, baseValue, ...aim, path: 'linear', source, standIn: true },
    ]
  })
  await client.put('registry', { targets })
  return { baseYear, year, targets: source, base, dualControl: await statusOf(year) }
}
