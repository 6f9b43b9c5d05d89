// Defines the periods of a tariff (分时), expands them to half-hours by month, step of the ladder and holiday, and finds
// half-hours that have several prices or none.

import * as z from 'zod'

/** 尖峰, 高峰, 平段, 低谷, 深谷; dearest first. */
export const TARIFF_PERIODS = ['sharp', 'peak', 'flat', 'valley', 'deepValley'] as const
export type TariffPeriodName = (typeof TARIFF_PERIODS)[number]

const hour = z.number().min(0).multipleOf(0.5, 'must be a full or a half hour, such as 8 or 8.5')
/**
 * Hours of the local day, [fromHour, toHour), full or half; `toHour` at or before `fromHour` runs past midnight, and 0
 * is 24.
 */
export const tariffPeriodSchema = z.object({
  name: z.enum(TARIFF_PERIODS),
  fromHour: hour.max(23.5),
  toHour: hour.max(24),
  /** Months in which the period holds, 1 to 12; absent: all. */
  months: z.array(z.number().int().min(1).max(12)).min(1).optional(),
  /**
   * The period holds on holidays of the calendar alone, in place of the other periods of its hours: those whose name
   * has one of these texts, e.g. 春节, or EVERY_HOLIDAY.
   */
  holidays: z.array(z.string().min(1)).min(1).optional(),
  /** The period holds for what the meter uses above this amount in the month or the year (`ladder`); absent: 0. */
  aboveAmount: z.number().nonnegative().optional(),
  /** Per kWh, m³ or GJ. */
  yuanPerUnit: z.number().nonnegative(),
})
export type TariffPeriod = z.infer<typeof tariffPeriodSchema>

const HALF_HOURS = 48
/** Stands for every holiday in `holidays` of a period. */
export const EVERY_HOLIDAY = 'all'

/** The period of each hour: one, or two halves; undefined where none holds. */
export type HourSlots<P> = readonly (readonly [P] | readonly [P, P] | undefined)[]

/** First amounts of the steps of a ladder, in order. */
export const tiersOf = (periods: readonly Pick<TariffPeriod, 'aboveAmount'>[]): number[] =>
  [...new Set([0, ...periods.map(({ aboveAmount = 0 }) => aboveAmount)])].sort((a, b) => a - b)

/** By month and tier, on days that are no holidays. */
export const slotsByMonth = (periods: readonly TariffPeriod[], tiers: readonly number[]): HourSlots<TariffPeriod>[][] =>
  Array.from({ length: 12 }, (_, month) => tiers.map((tier) => paired(ordinary(periods, month, tier))))

/** By tier, on a holiday: its periods take the place of the ordinary ones of their hours. */
export function holidaySlots(
  slots: readonly HourSlots<TariffPeriod>[],
  {
    periods,
    tiers,
    month,
    name,
  }: { periods: readonly TariffPeriod[]; tiers: readonly number[]; month: number; name: string },
): readonly HourSlots<TariffPeriod>[] {
  const own = periods.filter(({ holidays }) => holidays?.some((text) => text === EVERY_HOLIDAY || name.includes(text)))
  if (own.length === 0) return slots
  return tiers.map((tier) => {
    const special = halfHours(own, month, tier)
    return paired(ordinary(periods, month, tier).map((holding, half) => special[half]?.at(0) ?? holding))
  })
}

const ordinary = (periods: readonly TariffPeriod[], month: number, tier: number): (TariffPeriod | undefined)[] =>
  halfHours(
    periods.filter(({ holidays }) => !holidays),
    month,
    tier,
  ).map((holding) => holding.at(0))

function paired(halves: readonly (TariffPeriod | undefined)[]): HourSlots<TariffPeriod> {
  return Array.from({ length: HALF_HOURS / 2 }, (_, hour) => {
    const [first, second] = [halves[2 * hour], halves[2 * hour + 1]]
    if (!first || !second) return undefined
    return first === second ? [first] : [first, second]
  })
}

/** The periods that hold in each half-hour of a day; `month` from 0. */
const halfHours = (periods: readonly TariffPeriod[], month: number, tier: number): TariffPeriod[][] => {
  const own = periods.filter(
    ({ months, aboveAmount = 0 }) => aboveAmount === tier && (months === undefined || months.includes(month + 1)),
  )
  return Array.from({ length: HALF_HOURS }, (_, half) => own.filter((period) => holds(period, half / 2)))
}

const holds = ({ fromHour, toHour }: TariffPeriod, hour: number): boolean =>
  toHour > fromHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour

/** Half-hours of a tariff with several prices or none, and steps without a ladder; each finding names its months. */
export function periodFindings({
  periods,
  ladder,
}: {
  periods: readonly TariffPeriod[]
  ladder?: string | undefined
}): string[] {
  const findings = new Map<string, number[]>()
  for (let month = 0; month < 12; month++) {
    for (const tier of tiersOf(periods)) {
      const above = tier === 0 ? '' : ` above ${tier}`
      const all = halfHours(periods, month, tier)
      for (const [what, from, to] of runsOf(all.map((holding) => conflictOf(holding, periods)))) {
        const text = `${what} ${clock(from)}–${clock(to)}${above}`
        findings.set(text, [...(findings.get(text) ?? []), month + 1])
      }
    }
  }
  const named = [...findings].map(([text, months]) =>
    months.length === 12 ? text : `${text} in month ${months.join(', ')}`,
  )
  const isWithoutLadder = ladder === undefined && tiersOf(periods).length > 1
  return isWithoutLadder ? [...named, 'steps above an amount need a ladder, monthly or yearly'] : named
}

function conflictOf(holding: readonly TariffPeriod[], all: readonly TariffPeriod[]): string | undefined {
  if (!holding.some(({ holidays }) => !holidays)) return 'no period holds at'
  const clashing = holding.filter((one) => holding.some((other) => other !== one && clash(one, other)))
  if (clashing.length === 0) return undefined
  return `periods ${clashing.map((period) => `${all.indexOf(period) + 1} (${period.name})`).join(' and ')} both hold at`
}

/** Two ordinary periods, or two of the same holiday. */
const clash = ({ holidays: one }: TariffPeriod, { holidays: other }: TariffPeriod): boolean =>
  one && other
    ? one.some((text) => text === EVERY_HOLIDAY || other.includes(text) || other.includes(EVERY_HOLIDAY))
    : !one && !other

/** Runs of equal entries, [what, from, to) in half-hours, without the undefined ones. */
function runsOf(halves: readonly (string | undefined)[]): [what: string, from: number, to: number][] {
  const runs: [string, number, number][] = []
  halves.forEach((what, half) => {
    const last = runs.at(-1)
    if (what === undefined) return
    if (last && last[0] === what && last[2] === half) last[2] = half + 1
    else runs.push([what, half, half + 1])
  })
  return runs
}

const clock = (half: number): string =>
  `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`
