// Counts the register events of a meter that wait for a review. Value: their number.

import { DAY_MS } from '../../calendar.ts'
import { clockTime, eventName, figure } from '../../phrase.ts'
import { isDoubtful } from '../../settle/review.ts'
import { type Asked, type Detected, judged } from '../finding.ts'
import { defaultsOf, type KindDefinition, METERING_DUTY } from '../kind.ts'
import { eventCurve } from './curves.ts'
import { meterSeries } from './paths.ts'

/** `event`: kind of the latest event that awaits review, as in domain/settle/review.ts. */
interface EventFacts {
  event: string
  atMs: number
}

export const registerEvent: KindDefinition<EventFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['meter'],
    severity: 'info',
    name: { zh: '表底事件待核', en: 'Register event to review' },
    unit: 'events',
    defaults: defaultsOf({ raise: 0, clear: 0, reopenWithin: 0, escalateAfter: null, parameters: { daysMax: 30 } }),
    reason: 'Each event changes consumption by a rule, so a person should see it; after 30 days the list keeps it.',
    clause: METERING_DUTY,
  },
  text: {
    measured: ({ facts, value }) => ({
      zh: `${figure(value)} 个事件待核，最近一次：${eventName(facts.event).zh}，${clockTime(facts.atMs)}`,
      en: `${figure(value)} to review, the latest: ${eventName(facts.event).en} at ${clockTime(facts.atMs)}`,
    }),
    against: ({ limits: { raise } }) => ({
      zh: `待核事件多于 ${figure(raise)} 个`,
      en: `more than ${figure(raise)} events awaiting review`,
    }),
  },
  detect: ({ institution, meters, events }, { ask }) =>
    meters.map(({ id }) => waitingEvents(ask({ type: 'meter', id }, institution.id), events.get(id) ?? [])),
  evidence: { paths: meterSeries, ratio: () => null, chain: () => null },
  checks: [
    {
      zh: '打开该表的小时数据，看事件前后的表底与用量是否合理',
      en: 'open the hours of the meter: do registers and use before and after the event make sense',
    },
    {
      zh: '到现场抄表，与最近表底对照',
      en: 'read the face of the meter, and hold it against the last register',
    },
    {
      zh: '若换过表或改过倍率，请在名录中登记；若判断有误，请撤销',
      en: 'register a replacement or a new multiplier if there was one; undo the event if it is none',
    },
  ],
  curve: (given) => eventCurve(given, given.facts.atMs),
}

/** `events`: reviewed or not. Events older than `daysMax` no longer count. */
export function waitingEvents(
  asked: Asked,
  events: readonly { kind: string; atMs: number; reviewed: boolean }[],
): Detected<EventFacts> {
  const { daysMax = 0 } = asked.limits.parameters
  const waiting = events
    // A person registered the replacement, so it needs no alert; doubtful events have one of their own
    // (register-jump.ts).
    .filter(({ kind, reviewed }) => !reviewed && kind !== 'replacement' && !isDoubtful(kind))
    .filter(({ atMs }) => atMs <= asked.asOfMs && atMs > asked.asOfMs - daysMax * DAY_MS)
    .toSorted((a, b) => a.atMs - b.atMs)
  const latest = waiting.at(-1)
  const facts = { event: latest?.kind ?? 'none', atMs: latest?.atMs ?? asked.asOfMs }
  return judged(asked, { value: waiting.length, facts })
}
