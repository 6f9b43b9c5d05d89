// Replays a cumulative heat meter: its heat register counts; its volume register is sent beside it (water of the
// heating circuit, not water used). The two temperature registers have no unit of a medium and are not sent.

import { type RegisterSeries, readHeatMeterCsv } from '../../devices/replay/csv-source.ts'
import { yearOf } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { sumKnown } from '../../domain/settle/case.ts'
import type { SeriesView } from '../../domain/view/view.ts'
import type { Client } from './client.ts'
import { replayId } from './replay-id.ts'
import { dayAfterRecord, type ReplayPlan } from './replay-plan.ts'

const AREA = 'replay-heat'
const HEAT = 'energy_heat_kwh'
const VOLUME = 'volume_flow_m3'
/** 1 GJ = 1000/3.6 kWh, as a ratio of whole numbers. */
const kwhOfGj = (gj: number): number => (gj * 2500) / 9

export async function heatMeterReplay(file: string): Promise<ReplayPlan> {
  const series = await readHeatMeterCsv(file)
  const ids = [...new Set(series.map(({ meter }) => meter))]
  const sent = series.filter(({ register }) => register === HEAT || register === VOLUME)
  return {
    area: AREA,
    registry: {
      areas: [{ code: AREA, name: '回放热表', nameEn: 'Replayed heat meters', level: 'county' }],
      institutions: ids.map((id) => ({
        id: institutionOf(id),
        name: `热表 ${id}`,
        nameEn: `Heat meter ${id}`,
        area: AREA,
        type: 'other',
        sizes: [{ validFrom: '1970-01-02', floorAreaM2: 1 }],
      })),
      gateways: ids.map((id) => ({ id: institutionOf(id), institution: institutionOf(id) })),
      meters: sent.map((one) => ({
        id: meterOf(one),
        institution: institutionOf(one.meter),
        gateway: institutionOf(one.meter),
        medium: one.register === HEAT ? 'heat' : 'water',
        role: one.register === HEAT ? 'main' : 'check',
        unit: one.register === HEAT ? 'kWh' : 'm3',
        // The source interpolated its registers: they have many decimals, and no step is too small to be real.
        resolution: 0.001,
        intervalMinutes: 60,
        validTo: dayAfterRecord(must(one.atMs.at(-1))),
      })),
    },
    gateways: ids.map((id) => ({
      id: institutionOf(id),
      meters: sent.filter(({ meter }) => meter === id).map((one) => ({ ...one, meter: meterOf(one), unit: undefined })),
    })),
    notes: [],
    async result(client) {
      const meters = []
      for (const one of sent) meters.push(await meterResult(client, one))
      return { meters }
    },
  }
}

/** Id of the institution and of its gateway. */
const institutionOf = (meter: string): string => `heat-${replayId(meter)}`
const meterOf = ({ meter, register }: RegisterSeries): string =>
  `${replayId(meter)}-${register === HEAT ? 'heat' : 'volume'}`

async function meterResult(client: Client, one: RegisterSeries) {
  // One millisecond more, so that a single reading is a range too.
  const [fromMs, toMs] = [must(one.atMs[0]), must(one.atMs.at(-1)) + 1]
  const { points } = await client.get<SeriesView>(`meters/${meterOf(one)}/series?from=${fromMs}&to=${toMs}`)
  const known = points.flatMap(({ atMs, value }) => (value === null ? [] : [{ atMs, value }]))
  const isHeat = one.register === HEAT
  const total = (rows: typeof known): number | null => {
    if (rows.length === 0) return null
    const sum = sumKnown(rows.map(({ value }) => value))
    return isHeat ? kwhOfGj(sum) : sum
  }
  const byYear = [...Map.groupBy(known, ({ atMs }) => yearOf(atMs))].map(([year, rows]) => [year, total(rows)])
  return {
    id: meterOf(one),
    register: one.register,
    unit: isHeat ? 'kWh' : 'm³',
    total: total(known),
    byYear: Object.fromEntries(byYear),
    hours: Object.fromEntries([...Map.groupBy(points, ({ flag }) => flag)].map(([flag, rows]) => [flag, rows.length])),
  }
}
