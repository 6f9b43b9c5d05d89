// Distributes a year's energy or water over its hours: synthetic day curves, school and public holidays, and a weather
// year like that of Hebei's plain. Made for the demo, from no measured building. Costly work is done once a day and
// kept in tables, because history needs millions of hours.

import { DAY_MS, dayOf, yearOf, yearRange } from '../../domain/calendar.ts'
import { createRandom } from '../random.ts'

/** Kinds of days, as positions in `LoadShape.curves`. Only schools know a school break. */
const WORKDAY = 0
const WEEKEND = 1
const HOLIDAY = 2
const SCHOOL_BREAK = 3

export interface LoadShape {
  name: string
  schoolCalendar: boolean
  /** Weight of a day by its mean outdoor temperature in °C. */
  season: (day: { temperatureC: number; heatingSeason: boolean }) => number
  /** 24 relative hourly weights for each kind of day. */
  curves: readonly (readonly number[])[]
  /** Half width of the hourly noise, as a share. */
  noise: number
}

/** A share of one meter's load: `perHour` is its mean over the years, in the medium's unit (kWh, GJ, m³) per hour. */
export interface LoadPart {
  shape: LoadShape
  perHour: number
  /** Makes this part's noise differ from that of others. */
  salt: number
  /** A load that exists only from this local day on, such as a leak. */
  fromDay?: number
}

/** Weather and calendar of one seeded demo. */
export interface Climate {
  /** The first day for which loads exist. */
  readonly originDay: number
  /** Adds the 24 hourly amounts of the parts on local day `day` into `out`. Throws RangeError before originDay. */
  addDay(parts: readonly LoadPart[], day: number, out: Float64Array): void
  /** Daily mean outdoor temperature, °C. */
  temperatureC(day: number): number
}

const NOISE_SIZE = 4096
const DAY_NOISE_SIZE = 1024
/**
 * Shapes are scaled to a mean of 1 over this many days, so that any 12 months come close to the stated yearly amount.
 */
const NORMAL_DAYS = 1096

/** `normalDay`: the first of the days over which shapes are scaled. */
export function createClimate(seed: string | number, originDay: number, normalDay = originDay): Climate {
  const hourNoise = noiseTable(`${seed}/hours`, NOISE_SIZE, 1)
  const dayNoise = noiseTable(`${seed}/days`, DAY_NOISE_SIZE, 0.05)
  const weather = noiseTable(`${seed}/weather`, DAY_NOISE_SIZE, 3.5)
  const tables = new Map<LoadShape, { scale: number[]; kind: number[]; curves: Float64Array; mean: number }>()

  // Masks, the days pushed and the 24 hours keep every index here within its table.
  const noiseOf = (day: number): number => weather[day & (DAY_NOISE_SIZE - 1)] as number
  const temperatureC = (day: number): number =>
    normalTemperatureC(day) + (noiseOf(day - 1) + 2 * noiseOf(day) + noiseOf(day + 1) - 4) / 2
  const seasonOf = (shape: LoadShape, day: number): number =>
    shape.season({ temperatureC: temperatureC(day), heatingSeason: isHeatingSeason(day) })

  const tableOf = (shape: LoadShape) => {
    const known = tables.get(shape)
    if (known) return known
    const curves = Float64Array.from(shape.curves.flat())
    const curveMeans = shape.curves.map((curve) => curve.reduce((sum, weight) => sum + weight, 0) / 24)
    let sum = 0
    for (let day = normalDay; day < normalDay + NORMAL_DAYS; day++)
      sum += seasonOf(shape, day) * (curveMeans[dayKind(day, shape.schoolCalendar)] as number)
    const table = { scale: [] as number[], kind: [] as number[], curves, mean: sum / NORMAL_DAYS }
    tables.set(shape, table)
    return table
  }

  return {
    originDay,
    temperatureC,
    addDay(parts, day, out) {
      if (day < originDay) throw new RangeError(`the demo's meters were installed on day ${originDay}, not by ${day}`)
      const index = day - originDay
      for (const part of parts) {
        if (part.fromDay !== undefined && day < part.fromDay) continue
        const { shape, salt } = part
        const table = tableOf(shape)
        while (table.scale.length <= index) {
          const next = originDay + table.scale.length
          table.scale.push(seasonOf(shape, next) / table.mean)
          table.kind.push(dayKind(next, shape.schoolCalendar))
        }
        const scale =
          part.perHour * (table.scale[index] as number) * (dayNoise[(day * 7 + salt) & (DAY_NOISE_SIZE - 1)] as number)
        if (scale === 0) continue
        const curve = (table.kind[index] as number) * 24
        const noiseAt = day * 1009 + salt
        const quiet = 1 - shape.noise
        for (let hour = 0; hour < 24; hour++) {
          const wobble = quiet + shape.noise * (hourNoise[(noiseAt + hour * 37) & (NOISE_SIZE - 1)] as number)
          out[hour] = (out[hour] as number) + scale * (table.curves[curve + hour] as number) * wobble
        }
      }
    },
  }
}

/**
 * Whether heat is supplied: 15 November to 15 March, as in most of Hebei (docs/rules/data.md#heating-season;
 * unverified, a demo setting).
 */
export function isHeatingSeason(day: number): boolean {
  const monthDay = monthDayOf(day)
  return monthDay >= 1115 || monthDay <= 315
}

function dayKind(day: number, schoolCalendar: boolean): number {
  const monthDay = monthDayOf(day)
  if (isPublicHoliday(day, monthDay)) return HOLIDAY
  if (schoolCalendar && ((monthDay >= 118 && monthDay <= 220) || (monthDay >= 710 && monthDay <= 831)))
    return SCHOOL_BREAK
  // 1970-01-01 was a Thursday.
  const weekday = (day + 4) % 7
  return weekday === 0 || weekday === 6 ? WEEKEND : WORKDAY
}

/** First days of the Chinese year (春节) from 2024; a year outside the list simply has no Spring Festival in the demo. */
const SPRING_FESTIVALS = new Set(
  [
    ...['2024-02-10', '2025-01-29', '2026-02-17', '2027-02-06', '2028-01-26', '2029-02-13', '2030-02-03'],
    ...['2031-01-23', '2032-02-11', '2033-01-31', '2034-02-19', '2035-02-08'],
  ].map((date) => Date.parse(date) / DAY_MS),
)

function isPublicHoliday(day: number, monthDay: number): boolean {
  if (monthDay === 101 || (monthDay >= 501 && monthDay <= 503) || (monthDay >= 1001 && monthDay <= 1007)) return true
  for (let since = -1; since <= 6; since++) if (SPRING_FESTIVALS.has(day - since)) return true
  return false
}

/** Month and day as one number: 1115 is 15 November. */
function monthDayOf(day: number): number {
  const date = new Date(day * DAY_MS)
  return (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}

/** Mid-month temperatures of a synthetic weather year, °C: cold dry winters and hot summers, as on Hebei's plain. */
const MONTH_TEMPERATURES_C = [-2, 1.5, 8.5, 15.5, 21.5, 26, 27.5, 26, 21, 14, 5.5, -0.5]

function normalTemperatureC(day: number): number {
  const year = yearOf(day * DAY_MS)
  const months = ((day - dayOf(yearRange(year).fromMs)) / 365.25) * 12 - 0.5
  const before = Math.floor(months)
  const share = months - before
  const ofMonth = (month: number): number => MONTH_TEMPERATURES_C[month % 12] as number // all 12 are there
  return ofMonth(before + 12) * (1 - share) + ofMonth(before + 13) * share
}

/** Values around 1 whose mean is exactly 1, evenly spread over ± width. */
function noiseTable(seed: string, size: number, width: number): Float64Array {
  const random = createRandom(seed)
  const table = Float64Array.from({ length: size }, () => 1 + random.between(-width, width))
  const mean = table.reduce((sum, value) => sum + value, 0) / size
  return table.map((value) => value - mean + 1)
}

type Season = LoadShape['season']
const flat: Season = () => 1
const lighting: Season = ({ temperatureC }) => 1.2 - 0.012 * temperatureC
const cooling: Season = ({ temperatureC }) => 0.12 + 0.16 * Math.max(0, temperatureC - 21)
const heating: Season = ({ temperatureC, heatingSeason }) => (heatingSeason ? 3 + Math.max(0, 18 - temperatureC) : 0)
const dataCentreCooling: Season = ({ temperatureC }) => 0.8 + 0.012 * Math.max(0, temperatureC)
const sun: Season = ({ temperatureC }) => 0.75 + 0.015 * Math.max(0, temperatureC)
const warmWater: Season = ({ temperatureC }) => 0.9 + 0.012 * Math.max(0, temperatureC - 10)

/** A day at `base`, with spans of hours at other levels. */
function curve(
  base: number,
  ...spans: readonly (readonly [fromHour: number, toHour: number, level: number])[]
): number[] {
  const hours = new Array<number>(24).fill(base)
  for (const [from, to, level] of spans) hours.fill(level, from, to)
  return hours
}
const around = curve(1)
const office = curve(0.14, [7, 8, 0.5], [8, 12, 1], [12, 14, 0.75], [14, 18, 1], [18, 20, 0.4])
const idle = curve(0.16, [8, 18, 0.26])
const closed = curve(0.13, [8, 18, 0.17])
const clinic = curve(0.45, [6, 8, 0.7], [8, 12, 1], [12, 14, 0.85], [14, 18, 0.95], [18, 22, 0.65])
const clinicQuiet = clinic.map((level) => level * 0.82)
const lesson = curve(0.12, [6, 8, 0.6], [8, 12, 1], [12, 14, 0.7], [14, 18, 0.95], [18, 22, 0.8])
const campusQuiet = curve(0.14, [8, 22, 0.45])
const campusEmpty = curve(0.1, [8, 20, 0.17])
const visitors = curve(0.12, [8, 9, 0.5], [9, 17, 1], [17, 20, 0.45])
const visitorsMany = visitors.map((level) => level * 1.2)
const kitchen = curve(0.02, [5, 8, 0.7], [9, 13, 1], [15, 19, 0.6])
const kitchenQuiet = kitchen.map((level) => level * 0.3)
const setback = curve(0.75, [5, 8, 1.15], [8, 18, 1], [18, 22, 0.85])
const setbackQuiet = curve(0.72, [5, 18, 0.82])
const daylight = curve(0, [7, 9, 0.3], [9, 11, 0.8], [11, 14, 1], [14, 16, 0.7], [16, 18, 0.25])
const taps = curve(0.05, [6, 8, 0.6], [8, 12, 1], [12, 14, 0.9], [14, 18, 0.85], [18, 22, 0.3])

interface DayCurves {
  work: number[]
  weekend: number[]
  holiday: number[]
  schoolBreak?: number[]
}
function shape(name: string, season: Season, days: DayCurves, noise = 0.1): LoadShape {
  const curves = [days.work, days.weekend, days.holiday, days.schoolBreak ?? days.work]
  return { name, schoolCalendar: days.schoolBreak !== undefined, season, curves, noise }
}
const officeDays: DayCurves = { work: office, weekend: idle, holiday: closed }
const clinicDays: DayCurves = { work: clinic, weekend: clinicQuiet, holiday: clinicQuiet }
const schoolDays: DayCurves = { work: lesson, weekend: campusQuiet, holiday: campusEmpty, schoolBreak: campusEmpty }
const venueDays: DayCurves = { work: visitors, weekend: visitorsMany, holiday: visitorsMany }
const steadyDays: DayCurves = { work: around, weekend: around, holiday: around }
const setbackDays: DayCurves = { work: setback, weekend: setbackQuiet, holiday: setbackQuiet }
const sunnyDays: DayCurves = { work: daylight, weekend: daylight, holiday: daylight }
const tapDays: DayCurves = { work: taps, weekend: taps.map((t) => t * 0.25), holiday: taps.map((t) => t * 0.15) }

/** The use of a building, which selects its load shapes. */
export type Use = 'office' | 'clinic' | 'school' | 'venue'
const DAYS: Record<Use, DayCurves> = { office: officeDays, clinic: clinicDays, school: schoolDays, venue: venueDays }

interface UseShapes {
  lighting: LoadShape
  cooling: LoadShape
  power: LoadShape
  special: LoadShape
  cooking: LoadShape
  water: LoadShape
}
const shapesOf = (use: Use): UseShapes => ({
  lighting: shape(`${use} lighting`, lighting, DAYS[use]),
  cooling: shape(`${use} cooling`, cooling, DAYS[use]),
  power: shape(`${use} power`, flat, DAYS[use]),
  special: shape(`${use} special`, flat, DAYS[use], 0.15),
  cooking: shape(`${use} cooking`, flat, {
    work: kitchen,
    weekend: use === 'clinic' ? kitchen : kitchenQuiet,
    holiday: use === 'clinic' ? kitchen : kitchenQuiet,
    ...(use === 'school' ? { schoolBreak: kitchenQuiet.map((level) => level * 0.3) } : {}),
  }),
  water: shape(`${use} water`, warmWater, use === 'office' ? tapDays : DAYS[use], 0.18),
})

/** Shapes by use, and those shared by every building. */
export const SHAPES = {
  office: shapesOf('office'),
  clinic: shapesOf('clinic'),
  school: shapesOf('school'),
  venue: shapesOf('venue'),
  heat: shape('space heating', heating, setbackDays, 0.06),
  itEquipment: shape('IT equipment', flat, steadyDays, 0.03),
  itCooling: shape('IT cooling', dataCentreCooling, steadyDays, 0.05),
  leak: shape('leak', flat, steadyDays, 0.04),
  photovoltaic: shape('photovoltaic', sun, sunnyDays, 0.3),
} satisfies Record<Use, UseShapes> & Record<string, unknown>
