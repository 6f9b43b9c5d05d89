// A rule of control as it is kept: what it says, its trial on the past, and the permission by which it may act
// (docs/rules/control-rules.md#in-force). Also the orders that it gives.

import * as z from 'zod'
import { DAY_MS } from '../calendar.ts'
import { type Phrase, phraseOf } from '../phrase.ts'
import { buildingRuleSchema, proposedCommandSchema, ruleSimulationSchema } from './building-rule.ts'

const ms = z.int().meta({ description: 'Epoch milliseconds' })

/** The simulation that comes before a permission: of this very rule, over whole days. */
const trialSchema = ruleSimulationSchema.pick({ hours: true, hoursUnknown: true, count: true, saved: true }).extend({
  ...{ by: z.string(), atMs: ms, fromMs: ms, toMs: ms },
})

const permissionSchema = z.object({
  by: z.string().meta({ description: 'The person in whose name the rule acts' }),
  byId: z.string().nullable().meta({ description: 'Account of this host; null: signed in elsewhere' }),
  fromMs: ms,
  untilMs: ms.meta({ description: 'The rule begins nothing from then on' }),
  endedMs: ms.nullable().meta({ description: 'When a person withdrew it; else null' }),
  endedBy: z.string().nullable(),
})

export const storedRuleSchema = z.object({
  id: z.string(),
  meter: z.string().meta({ description: 'The meter that the rule looks at' }),
  rule: buildingRuleSchema,
  by: z.string(),
  atMs: ms,
  trial: trialSchema.nullable(),
  permission: permissionSchema.nullable(),
})
export type StoredRule = z.output<typeof storedRuleSchema>

/**
 * `proposed`: waits for a person. `confirmed`: to be sent. `sent`: the first step is. `confirming`: the second step is.
 * The others are ends: `done`, `refused` by the gateway, `failed`, `lapsed` without having been sent, `declined`.
 */
const ORDER_STATES = [
  ...(['proposed', 'confirmed', 'sent', 'confirming'] as const),
  ...(['done', 'refused', 'failed', 'lapsed', 'declined'] as const),
]
const OPEN: readonly string[] = ORDER_STATES.slice(0, 4)

export const ruleOrderSchema = proposedCommandSchema.extend({
  id: z.string(),
  atMs: ms.meta({ description: 'When it became due' }),
  untilMs: ms.meta({ description: 'It is not sent after that' }),
  state: z.enum(ORDER_STATES),
  by: z.string().nullable().meta({ description: 'Who permitted or confirmed it; null: nobody yet' }),
  byPermission: z.boolean(),
  attempt: z.int().min(0),
  commandUntilMs: ms.nullable().meta({ description: 'End of the command that was sent last' }),
  mayHaveActed: z.boolean().meta({ description: 'The second step was sent, whatever was answered' }),
  reason: z.string().nullable(),
  changedMs: ms,
})
export type RuleOrder = z.output<typeof ruleOrderSchema>

export const isOpenOrder = ({ state }: Pick<RuleOrder, 'state'>): boolean => OPEN.includes(state)

/** A quarter: a season of heating needs two permissions. The product's own choice. */
const PERMISSION_MS_MAX = 92 * DAY_MS
/** A trial is of the season of today. The product's own choice. */
const TRIAL_AGE_MS_MAX = 31 * DAY_MS
/** Known hours of a trial: a week. The product's own choice. */
const TRIAL_HOURS_MIN = 7 * 24

/** Why this rule may not get a permission now; undefined: it may. */
export function permissionProblem({ rule, trial }: StoredRule, untilMs: number, nowMs: number): Phrase | undefined {
  if (rule.kind === 'leak')
    return phraseOf(
      '漏水规则只提议关阀：每次关闭都要单独确认',
      'a leak only proposes to close the valve: each closing is confirmed by itself',
    )
  if (!trial) return phraseOf('该规则尚未用历史试算', 'the rule has not been tried on the past yet')
  if (nowMs - trial.atMs > TRIAL_AGE_MS_MAX)
    return phraseOf('试算已超过 31 天：请重新试算', 'the trial is older than 31 days: try the rule again')
  if (trial.hours - trial.hoursUnknown < TRIAL_HOURS_MIN)
    return phraseOf(
      `试算只有 ${trial.hours - trial.hoursUnknown} 小时已知；许可至少需要 ${TRIAL_HOURS_MIN} 小时`,
      `the trial knows ${trial.hours - trial.hoursUnknown} hours; a permission needs ${TRIAL_HOURS_MIN} at least`,
    )
  if (untilMs <= nowMs) return phraseOf('许可的截止时间已过', 'untilMs lies in the past')
  if (untilMs - nowMs > PERMISSION_MS_MAX) return phraseOf('许可最长 92 天', 'a permission holds for at most 92 days')
  return undefined
}

/** Whether the rule may begin something now. */
export const isPermitted = ({ permission }: Pick<StoredRule, 'permission'>, nowMs: number): boolean =>
  permission !== null && nowMs >= permission.fromMs && nowMs < (permission.endedMs ?? permission.untilMs)

/** From when on the rule looks at hours; null: it does not. A leak proposes once it was tried. */
export const inForceSinceMs = ({ rule, trial, permission }: StoredRule): number | null =>
  rule.kind === 'leak' ? (trial?.atMs ?? null) : (permission?.fromMs ?? null)
