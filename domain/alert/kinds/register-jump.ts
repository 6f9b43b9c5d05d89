// Counts the doubtful register events of a meter whose hours are unknown until a person reviews them: jumps, scales,
// long gaps, contradicted replacements and confused kinds (docs/rules/settling.md#doubtful-events). Value: their
// number.

import { clockTime, eventName, figure, proposedName } from '../../phrase.ts'
import { isDoubtful } from '../../settle/review.ts'
import { type Asked, type Detected, judged } from '../finding.ts'
import { defaultsOf, type KindDefinition, METERING_DUTY } from '../kind.ts'
import { eventCurve } from './curves.ts'
import { meterSeries } from './paths.ts'

/** The latest doubtful event, and what its readings are taken for. */
interface JumpFacts {
  event: string
  proposed: string
  atMs: number
}

export const registerJump: KindDefinition<JumpFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['meter'],
    severity: 'major',
    name: { zh: '表底跳变，用量未知', en: 'Register jump, consumption unknown' },
    unit: 'events',
    defaults: defaultsOf({ raise: 0, clear: 0, reopenWithin: 0, escalateAfter: null }),
    reason: 'The hours of such an event are unknown until a person accepts or undoes it, and so are their months.',
    clause: METERING_DUTY,
  },
  text: {
    measured: ({ facts, value }) => ({
      zh: `表计有 ${figure(value)} 个跳变待核，用量未知，最近一次：${eventName(facts.event).zh}，${clockTime(facts.atMs)}，判断为${proposedName(facts.proposed).zh}`,
      en: `${figure(value)} to review, consumption unknown; the latest: ${eventName(facts.event).en} at ${clockTime(facts.atMs)}, taken for ${proposedName(facts.proposed).en}`,
    }),
    against: ({ limits: { raise } }) => ({
      zh: `待核跳变多于 ${figure(raise)} 个`,
      en: `more than ${figure(raise)} jumps awaiting review`,
    }),
  },
  detect: ({ institution, meters, events }, { ask }) =>
    meters.map(({ id }) => waitingJumps(ask({ type: 'meter', id }, institution.id), events.get(id) ?? [])),
  evidence: { paths: meterSeries, ratio: () => null, chain: () => null },
  checks: [
    {
      zh: '到现场抄表，与最近表底对照，确认跳变是否真实',
      en: 'read the face of the meter and hold it against the last register: is the jump real',
    },
    {
      zh: '查明是否换表、改倍率、改单位或恢复出厂值，并在名录中登记',
      en: 'find out whether meter, multiplier or unit were changed or reset, and register it',
    },
    {
      zh: '在该表页面认可或撤销该事件；处理之前这些小时的用量未知',
      en: 'accept or undo the event on the page of the meter; until then the use of these hours is unknown',
    },
  ],
  curve: (given) => eventCurve(given, given.facts.atMs),
}

/** `events`: reviewed or not. A doubtful event counts for as long as the look reaches back. */
export function waitingJumps(
  asked: Asked,
  events: readonly { kind: string; atMs: number; reviewed: boolean; proposed?: string }[],
): Detected<JumpFacts> {
  const waiting = events
    .filter(({ kind, reviewed, atMs }) => !reviewed && isDoubtful(kind) && atMs <= asked.asOfMs)
    .toSorted((a, b) => a.atMs - b.atMs)
  const latest = waiting.at(-1)
  const facts = {
    event: latest?.kind ?? 'none',
    proposed: latest?.proposed ?? 'none',
    atMs: latest?.atMs ?? asked.asOfMs,
  }
  return judged(asked, { value: waiting.length, facts })
}
