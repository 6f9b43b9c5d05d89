// Precision and recall of alerts over the cases from the field whose faults are known (FAULTS): half a year of readings
// is played day by day through ingest, settle and assess, and each alert that was raised is held against the faults.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertKind } from '../domain/alert/kinds.ts'
import type { Alert } from '../domain/alert/life.ts'
import { DAY_MS, dateStartMs } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { alertKeys } from '../functions/alerts/store.ts'
import { registryReader } from '../functions/registry/reader.ts'
import { openPlatform } from '../local/platform.ts'
import { playCase } from './alert-case.ts'
import type { BenchRow, DetectionRow } from './table.ts'

interface Fault {
  kind: AlertKind
  subject: string
  /** The first day, and the first day without it. */
  from: string
  to: string
}

/** After the end of a fault: an alert raised later than this has no cause. */
const LATE_MS_MAX = 7 * DAY_MS
const BAR = 0.95

/**
 * Nobody's fault, but true of all offices of the year: 249 × 15.28 + 116 × 0.48 m³ of water ÷ 150 people are 25.7 m³ a
 * person, and their quota is 25.
 */
const THIRSTY = ['O0', 'O1', 'O2', 'O3'].map(
  (subject): Fault => ({ kind: 'quotaExceeded', subject, from: '2025-12-15', to: '2026-07-10' }),
)

/** By case, the short ones first; as the README of the case says, with the days of its scenario. */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'pv-month-so-far': [],
  'leak-daily-upload': [{ kind: 'nightFlowLeak', subject: 'O0-W', from: '2026-03-10', to: '2026-03-25' }],
  'holiday-spring-festival': [{ kind: 'afterHoursLoad', subject: 'O2', from: '2026-03-09', to: '2026-03-27' }],
  'alerts-year-no-calendar': [
    { kind: 'nightFlowLeak', subject: 'O0-W', from: '2026-03-10', to: '2026-04-05' },
    { kind: 'treeImbalance', subject: 'O2-E', from: '2026-04-01', to: '2026-04-20' },
    { kind: 'pvUnderperformance', subject: 'V0-P', from: '2026-04-03', to: '2026-05-15' },
    ...THIRSTY,
  ],
  'alerts-year': [
    { kind: 'nightFlowLeak', subject: 'O0-W', from: '2026-03-10', to: '2026-04-05' },
    { kind: 'afterHoursLoad', subject: 'O1', from: '2026-05-11', to: '2026-06-15' },
    { kind: 'treeImbalance', subject: 'O2-E', from: '2026-04-15', to: '2026-05-20' },
    { kind: 'meterSilent', subject: 'O3-W', from: '2026-06-01', to: '2026-06-05' },
    { kind: 'pueOverLimit', subject: 'D0', from: '2026-05-01', to: '2026-05-25' },
    { kind: 'pvUnderperformance', subject: 'V0-P', from: '2026-04-05', to: '2026-05-15' },
    ...THIRSTY,
  ],
}

/** The cases of `KILOWATCH_CASES`, or of `../shared/cases/cases`; none without such a folder. `scale`: part of them. */
export async function benchAlerts(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = process.env.KILOWATCH_CASES ?? join('..', 'shared', 'cases', 'cases')
  const names = Object.keys(FAULTS).filter((name) => existsSync(join(folder, name, 'scenario.json')))
  if (names.length === 0) say(`alerts: no cases in ${folder}; KILOWATCH_CASES names another folder`)
  const sums = new Map<string, Counts>()
  for (const name of names.slice(0, Math.max(1, Math.round(names.length * scale)))) {
    const raised = await raisedIn(join(folder, name))
    const { counts, wrong } = countsOf(raised, must(FAULTS[name], name))
    for (const line of wrong) say(`${name}: ${line}`)
    for (const [kind, own] of counts) sums.set(kind, added(sums.get(kind), own))
  }
  if (sums.size > 0) sums.set('all', [...sums.values()].reduce(added, { rightly: 0, wrongly: 0, missed: 0 }))
  return [...sums].map(([kind, counts]) => rowOf(kind, counts))
}

interface Raised {
  kind: string
  subject: string
  atMs: number
}

async function raisedIn(folder: string): Promise<Raised[]> {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const clock = { nowMs: 0 }
  const platform = await openPlatform(data, () => clock.nowMs)
  try {
    await playCase(platform, clock, folder)
    const areas = await registryReader(platform.state).areas()
    const docs = await Promise.all(
      areas.flatMap(({ code }) => [
        platform.state.query(alertKeys.open(code)),
        platform.state.query(alertKeys.closed(code)),
      ]),
    )
    const alerts = new Map(docs.flat().map(({ value }): [string, Alert] => [value.id, value]))
    return [...alerts.values()].flatMap(({ kind, subject, history }) =>
      history.flatMap(({ what, atMs }) =>
        what === 'raised' || what === 'reopened' ? [{ kind, subject: subject.id, atMs }] : [],
      ),
    )
  } finally {
    await platform.close()
    rmSync(data, { recursive: true, force: true })
  }
}

interface Counts {
  rightly: number
  wrongly: number
  missed: number
}
const added = (a: Counts | undefined, b: Counts): Counts => ({
  rightly: (a?.rightly ?? 0) + b.rightly,
  wrongly: (a?.wrongly ?? 0) + b.wrongly,
  missed: (a?.missed ?? 0) + b.missed,
})

/** `wrong`: what was raised without a cause, and what was missed, one line each. */
function countsOf(
  raised: readonly Raised[],
  faults: readonly Fault[],
): { counts: Map<string, Counts>; wrong: string[] } {
  const isOf = (one: Raised, { kind, subject, from, to }: Fault): boolean =>
    one.kind === kind &&
    one.subject === subject &&
    one.atMs >= dateStartMs(from) &&
    one.atMs < dateStartMs(to) + LATE_MS_MAX
  const counts = new Map<string, Counts>()
  const count = (kind: string, what: keyof Counts): void => {
    const zero = { rightly: 0, wrongly: 0, missed: 0 }
    counts.set(kind, added(counts.get(kind), { ...zero, [what]: 1 }))
  }
  const wrong: string[] = []
  for (const one of raised) {
    const isRight = faults.some((fault) => isOf(one, fault))
    count(one.kind, isRight ? 'rightly' : 'wrongly')
    if (!isRight) wrong.push(`false ${one.kind} of ${one.subject}, ${new Date(one.atMs).toISOString()}`)
  }
  for (const fault of faults) {
    if (raised.some((one) => isOf(one, fault))) continue
    count(fault.kind, 'missed')
    wrong.push(`missed ${fault.kind} of ${fault.subject} from ${fault.from}`)
  }
  return { counts, wrong }
}

const rowOf = (kind: string, { rightly, wrongly, missed }: Counts): DetectionRow => ({
  what: `alerts, ${kind}`,
  rightly,
  wrongly,
  missed,
  precision: rightly + wrongly === 0 ? null : rightly / (rightly + wrongly),
  recall: rightly + missed === 0 ? null : rightly / (rightly + missed),
  bar: BAR,
  more: {},
})
