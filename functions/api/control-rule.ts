// The route that tries a rule on a meter's past (docs/rules/control-rules.md). It sends nothing: what the rule would
// send is named, and a person sends and confirms it by the routes of control.

import * as z from 'zod'
import { dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import {
  buildingRuleSchema,
  proposedCommandSchema,
  proposedCommands,
  ruleSimulationSchema,
} from '../../domain/control/building-rule.ts'
import { type PastHours, simulateRule } from '../../domain/control/simulate.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { amountUnit } from '../../domain/unit.ts'
import { freshDays } from '../settling/fresh-days.ts'
import { instant, meterOf } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

/** A heating season and the one before it, with the time between. */
const DAYS_MAX = 2 * 366

export const controlRuleRoutes = {
  ...route('POST /api/v1/meters/{id}/rule-simulation', {
    access: { action: 'field', at: { meter: 'id' } },
    summary: 'What a rule of control would have done with the past of a meter, what it would have saved and send',
    body: z.object({
      rule: buildingRuleSchema,
      from: instant.meta({ description: 'Whole days of UTC+8 from the one of this instant' }),
      to: instant.meta({ description: 'Up to the day of this instant, not included' }),
    }),
    response: ruleSimulationSchema.extend({
      meter: z.string(),
      unit: z.string(),
      commands: z.array(proposedCommandSchema).meta({ description: 'What a person would send and confirm' }),
    }),
    async handle(context, { body: { rule, from, to } }) {
      const { meter, shard } = await meterOf(context)
      const days = { shard, fromDay: dayOf(from), toDay: dayOf(to) }
      if (days.toDay <= days.fromDay) throw refusal('"to" must be at least a day after "from"', 'to')
      if (days.toDay - days.fromDay > DAYS_MAX) throw refusal(`at most ${DAYS_MAX} days are looked at`, 'from')
      const load = rule.kind === 'demandLimit' ? await loadOf(rule.load, meter, context) : undefined
      const simulation = simulateRule(
        rule,
        await hoursOf(context, { ...days, meter }),
        load && (await hoursOf(context, { ...days, meter: load })),
      )
      return {
        ...{ meter: meter.id, unit: amountUnit(meter.medium), ...simulation },
        commands: proposedCommands(rule, meter.id),
      }
    },
  }),
}

const refusal = (detail: string, field: string) => new ApiProblem(422, 'Refused', detail, { field })

/** A load of the same institution, counted in the same unit. */
async function loadOf(id: string, { institution, medium }: Meter, { registry }: RouteContext): Promise<Meter> {
  const load = (await registry.meter(id))?.meter
  if (load?.institution !== institution)
    throw refusal(`no meter "${id}" of this institution is registered`, 'rule.load')
  if (load.medium !== medium) throw refusal(`meter "${id}" counts ${load.medium}, not ${medium}`, 'rule.load')
  return load
}

async function hoursOf(
  context: RouteContext,
  days: { meter: Meter; shard: string; fromDay: number; toDay: number },
): Promise<PastHours> {
  const startMs = dayStartMs(days.fromDay)
  const amounts = new Float64Array((days.toDay - days.fromDay) * 24).fill(Number.NaN)
  for (const { day, amounts: ofDay } of await freshDays(context, days))
    amounts.set(ofDay, (dayStartMs(day) - startMs) / HOUR_MS)
  return { startMs, amounts }
}
