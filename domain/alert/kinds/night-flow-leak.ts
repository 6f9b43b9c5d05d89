// Detects water leaks: compares the minimum hourly flow of each night with the nights before. Value: percent of the
// limit.

import { dayLabel, dayOf, dayStartMs, HOUR_MS } from '../../calendar.ts'
import { figure } from '../../phrase.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { type CurveGiven, DAY, defaultsOf, type KindCurve, type KindDefinition, OWN_RULE } from '../kind.ts'
import { lastDays, lossByHour, NO_HOURS, runStart } from './curves.ts'
import { amountAt, type HourAmounts, median, parametersOf } from './hours.ts'
import { meterSeries } from './paths.ts'

interface LeakFacts {
  flowM3PerHour: number
  baselineM3PerHour: number
  limitM3PerHour: number
  nights: number
  /** The end of the last of these nights; absent in alerts stored by version 0.1.0. */
  lastNightMs?: number
}

/** Readings may come once a day, or some days late; an older night says nothing of today. */
const LOOKED_NIGHTS = 10

export const nightFlowLeak: KindDefinition<LeakFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['meter', 'institution'],
    severity: 'major',
    name: { zh: '夜间流量异常（疑似漏水）', en: 'Night flow: probable leak' },
    unit: '%',
    defaults: defaultsOf({
      raise: 100,
      clear: 80,
      reopenWithin: 7 * DAY,
      escalateAfter: 2 * DAY,
      parameters: { fromHour: 2, toHour: 5, nights: 3, baselineNights: 28, ratio: 1.5, floorM3PerHour: 0.1 },
    }),
    reason:
      'Nobody washes from 02:00 to 05:00: a flow that never falls to half as much again as four weeks of nights, in three nights, runs away. The floor is about a dripping cistern in a large building.',
    clause: OWN_RULE,
  },
  text: {
    measured: ({ facts: { nights, flowM3PerHour, lastNightMs } }) => {
      const flow = figure(flowM3PerHour)
      if (lastNightMs === undefined)
        return {
          zh: `连续 ${nights} 夜最小流量 ${flow} m³/h`,
          en: `the flow never fell below ${flow} m³/h in ${nights} nights running`,
        }
      const until = dayLabel(dayOf(lastNightMs))
      return {
        zh: `截至 ${until} 的 ${nights} 个有数夜间，最小流量 ${flow} m³/h`,
        en: `the flow never fell below ${flow} m³/h in ${nights} known nights up to ${until}`,
      }
    },
    against: ({ facts }) => ({
      zh: `限值 ${figure(facts.limitM3PerHour)} m³/h（此前夜间基线 ${figure(facts.baselineM3PerHour)} m³/h）`,
      en: `limit ${figure(facts.limitM3PerHour)} m³/h (baseline of the nights before: ${figure(facts.baselineM3PerHour)} m³/h)`,
    }),
  },
  /** Main meters only: a sub meter would report the same leak again. */
  detect: ({ institution, meters, hours: hoursOf }, { ask, current }) =>
    meters.flatMap(({ id, medium, role }) => {
      const hours = hoursOf.get(id)
      if (medium !== 'water' || role !== 'main' || !hours) return []
      const asked = ask({ type: 'meter', id }, institution.id)
      return [nightFlow(asked, { hours, baselineM3PerHour: current(id)?.baselineM3PerHour })]
    }),
  evidence: { paths: meterSeries, ratio: () => null, chain: () => null },
  checks: [
    {
      zh: '逐层查看卫生间水箱、小便器和阀门是否长流水',
      en: 'walk the floors: cisterns, urinals and valves that never stop running',
    },
    {
      zh: '夜间关闭分区阀门，看总表是否停转，以找出漏水的一段',
      en: 'close the valves of one zone after another at night, and see whether the main meter stops',
    },
    {
      zh: '核对是否有夜间用水的安排（补水、浇灌、施工）；若属正常，请调整本表阈值',
      en: 'ask whether water is meant to run at night (refilling, irrigation, works); if so, set the threshold of this meter',
    },
  ],
  curve: nightCurve,
}

/** Nights shown: the baseline's four weeks and the last three. */
const NIGHTS_SHOWN = 31

/** Night minimum by day. A leak runs all day, so each known hour of a known night's day lost up to flow − baseline. */
function nightCurve({ subject, sinceMs, toMs, hours: hoursOf, facts, limits }: CurveGiven<LeakFacts>): KindCurve {
  const { fromHour = 0, toHour = 0, nights = 1 } = limits.parameters
  const hours = hoursOf.get(subject.id) ?? NO_HOURS
  const minimumOf = (day: number) => nightMinimum(hours, day, { fromHour, toHour })
  const lastDay = dayOf(toMs - toHour * HOUR_MS)
  const excessOf = (day: number): number => {
    const flow = minimumOf(day)
    return flow === null ? Number.NaN : Math.max(0, flow - facts.baselineM3PerHour)
  }
  const run = { lastDay, limit: facts.limitM3PerHour, otherwise: dayOf(sinceMs) - nights + 1 }
  const fromMs = dayStartMs(runStart(hours, run, minimumOf))
  return {
    grain: 'night',
    unit: 'm³/h',
    name: { zh: '夜间最小流量', en: 'lowest flow of the night' },
    points: lastDays(lastDay, NIGHTS_SHOWN).map((day) => ({
      atMs: dayStartMs(day) + fromHour * HOUR_MS,
      value: minimumOf(day),
    })),
    limit: { name: { zh: '限值', en: 'limit' }, value: facts.limitM3PerHour },
    baseline: { name: { zh: '此前基线', en: 'baseline before' }, value: facts.baselineM3PerHour },
    loss: {
      medium: 'water',
      ...lossByHour(hours, { fromMs, toMs }, (amount, atMs) => Math.min(amount, excessOf(dayOf(atMs)))),
    },
  }
}

/**
 * The minimum flow of the last `nights` known nights (`fromHour` to `toHour`), in percent of max(floor, ratio × median
 * of the `baselineNights` before). `baselineM3PerHour`: the baseline of the open alert, since a leak would become its
 * own baseline after four weeks. A night is known with at least half of its hours. Unjudged when fewer than `nights`
 * of the last LOOKED_NIGHTS are known, or fewer than half of the baseline nights.
 */
export function nightFlow(
  asked: Asked,
  { hours, baselineM3PerHour }: { hours: HourAmounts; baselineM3PerHour?: number },
): Detected<LeakFacts> {
  const { fromHour, toHour, nights, baselineNights, ratio, floorM3PerHour } = parametersOf(
    asked,
    'fromHour',
    'toHour',
    'nights',
    'baselineNights',
    'ratio',
    'floorM3PerHour',
  )
  // The last finished night: asOf may lie within a night.
  const lastDay = dayOf(asked.asOfMs - toHour * HOUR_MS)
  const knownNights = (count: number, endDay: number): { day: number; flow: number }[] =>
    Array.from({ length: count }, (_, back) => endDay - back).flatMap((day) => {
      const flow = nightMinimum(hours, day, { fromHour, toHour })
      return flow === null ? [] : [{ day, flow }]
    })
  const recent = knownNights(Math.max(LOOKED_NIGHTS, nights), lastDay).slice(0, nights)
  const [last, first] = [recent.at(0), recent.at(-1)]
  if (!last || !first || recent.length < nights) return unjudged(asked)
  const before = knownNights(baselineNights, first.day - 1).map(({ flow }) => flow)
  const baseline = baselineM3PerHour ?? (before.length * 2 >= baselineNights ? median(before) : null)
  if (baseline === null) return unjudged(asked)
  const flow = Math.min(...recent.map((night) => night.flow))
  const limit = Math.max(floorM3PerHour, baseline * ratio)
  const lastNightMs = dayStartMs(last.day) + toHour * HOUR_MS
  const facts = { flowM3PerHour: flow, baselineM3PerHour: baseline, limitM3PerHour: limit, nights, lastNightMs }
  return judged(asked, { value: (100 * flow) / limit, facts })
}

function nightMinimum(hours: HourAmounts, day: number, { fromHour, toHour }: { fromHour: number; toHour: number }) {
  const known: number[] = []
  for (let hour = fromHour; hour < toHour; hour++) {
    const amount = amountAt(hours, dayStartMs(day) + hour * HOUR_MS)
    if (!Number.isNaN(amount)) known.push(amount)
  }
  return known.length * 2 >= toHour - fromHour && known.length > 0 ? Math.min(...known) : null
}
