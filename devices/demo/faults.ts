// Defines the faults of the demo province, so that settlement, alerts and the page have something to show. Chosen by
// seed among ordinary meters, one fault to a meter, at fixed distances before the demo's start.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { createRandom } from '../random.ts'

export const DEMO_FAULT_KINDS = [
  'silent',
  'gapFilledLate',
  'gapNeverFilled',
  'reset',
  'leak',
  'stuck',
  'replaced',
  'spike',
  'rollover',
] as const

/**
 * One fault from `fromMs` until `toMs`; without `toMs` it lasts. Resets, replacements, spikes and rollovers happen at
 * one moment (a rollover is no defect, but the only other reason for a register to fall; it happens in the hour before
 * `fromMs`).
 */
export interface DemoFault {
  kind: (typeof DEMO_FAULT_KINDS)[number]
  meter: string
  institution: string
  fromMs: number
  toMs?: number
}

interface FaultRow {
  kind: DemoFault['kind']
  fits: (meter: Meter) => boolean
  /** Days before the demo's start at which it begins and ends. */
  from: number
  to?: number
  /** Starts between two readings instead of at one. */
  halfHour?: boolean
}

const isRegister = ({ kind }: Meter): boolean => kind === 'register'
const whole = (medium: Meter['medium']) => (meter: Meter) => meter.medium === medium && meter.role === 'main'
const isSub = ({ role, purpose }: Meter): boolean => role === 'sub' && (purpose === '01A00' || purpose === '01B00')
const ordinary = (medium: Meter['medium']) => (meter: Meter) => whole(medium)(meter) && isRegister(meter)

const ROWS: readonly FaultRow[] = [
  { kind: 'silent', fits: isSub, from: 19 },
  { kind: 'silent', fits: ordinary('water'), from: 12 },
  { kind: 'gapFilledLate', fits: ordinary('electricity'), from: 40, to: 35 },
  { kind: 'gapNeverFilled', fits: ordinary('water'), from: 75, to: 71 },
  { kind: 'gapNeverFilled', fits: (meter) => whole('electricity')(meter) && !isRegister(meter), from: 100, to: 98 },
  { kind: 'reset', fits: ordinary('electricity'), from: 58, halfHour: true },
  // Recent enough that the four weeks of nights to compare with were mostly without the leak, so that an alert is
  // raised.
  { kind: 'leak', fits: ordinary('water'), from: 10 },
  { kind: 'stuck', fits: isSub, from: 130, to: 118 },
  { kind: 'replaced', fits: ordinary('electricity'), from: 90, halfHour: true },
  // Within the thirty days in which an event raises an alert.
  { kind: 'spike', fits: ordinary('gas'), from: 20 },
  { kind: 'rollover', fits: ordinary('electricity'), from: 66 },
]

/** The faults of a seeded demo, every kind at least once. Throws when no meter is left for one. */
export function chooseFaults(
  meters: readonly Meter[],
  options: { seed: string | number; startMs: number },
): DemoFault[] {
  const random = createRandom(`${options.seed}/faults`)
  const taken = new Set<string>()
  const today = dayOf(options.startMs)
  return ROWS.map(({ kind, fits, from, to, halfHour }) => {
    // One fault to an institution keeps them apart on the page, too.
    const candidates = meters.filter((meter) => fits(meter) && !taken.has(meter.institution))
    if (candidates.length === 0) throw new Error(`no meter of the demo fits the fault "${kind}"`)
    const meter = random.pick(candidates)
    taken.add(meter.institution)
    const hour = random.whole(8, 17) * HOUR_MS + (halfHour ? HOUR_MS / 2 : 0)
    const fromMs = dayStartMs(today - from) + (kind === 'leak' ? 0 : hour)
    const base = { kind, meter: meter.id, institution: meter.institution, fromMs }
    return to === undefined ? base : { ...base, toMs: fromMs + (from - to) * DAY_MS }
  })
}
