// Three rules by which a building may be controlled: night set-back, closing a valve on a leak, shedding a load above a
// limit of demand (docs/rules/control-rules.md). A rule acts on nothing: it says what would be sent.

import * as z from 'zod'

const hour = z.int().min(0).max(23).meta({ description: 'Hour of the day in UTC+8' })
const window = { fromHour: hour, toHour: hour.meta({ description: 'Not included; below fromHour: of the next day' }) }
const isWindow = ({ fromHour, toHour }: { fromHour: number; toHour: number }): boolean => fromHour !== toHour
const EMPTY = { error: 'fromHour and toHour are the same', path: ['toHour'] }

const word = z.int().min(0).max(0xffff)
const setBackSchema = z
  .object({
    ...{ kind: z.literal('nightSetBack'), ...window },
    address: word.meta({ description: 'Register of the set-point' }),
    night: word,
    day: word,
    savedShare: z.number().min(0).max(1).meta({
      description: 'Share of the use in these hours that the person who proposes the rule expects to save',
    }),
  })
  .refine(isWindow, EMPTY)
const leakSchema = z
  .object({
    ...{ kind: z.literal('leak'), ...window },
    limit: z.number().positive().meta({ description: 'Amount an hour that no hour of a tight night reaches' }),
    nights: z.int().min(1).max(14).meta({ description: 'Nights in a row' }),
  })
  .refine(isWindow, EMPTY)
const demandSchema = z
  .object({
    kind: z.literal('demandLimit'),
    limit: z.number().positive().meta({ description: 'Amount an hour: of electricity, mean kW' }),
    restoreBelow: z.number().positive().meta({ description: 'The load comes back when the rest is not above this' }),
    load: z.string().meta({ description: 'Meter of the load that is shed' }),
  })
  .refine(({ limit, restoreBelow }) => restoreBelow <= limit, {
    ...{ error: 'restoreBelow is above limit', path: ['restoreBelow'] },
  })

export const buildingRuleSchema = z.discriminatedUnion('kind', [setBackSchema, leakSchema, demandSchema])
export type BuildingRule = z.output<typeof buildingRuleSchema>
export type SetBackRule = z.output<typeof setBackSchema>
export type LeakRule = z.output<typeof leakSchema>
export type DemandRule = z.output<typeof demandSchema>

const ms = z.number().int()
const actSchema = z.object({
  fromMs: ms,
  toMs: ms.meta({ description: 'End of what was done, or of the hours that were looked at' }),
  amount: z.number().meta({ description: 'Known use in this time' }),
  saved: z.number().meta({ description: 'Of it, what the rule would have saved' }),
})
export type RuleAct = z.output<typeof actSchema>

/** What a rule would have done with hours of the past. Amounts in `unit` of the response. */
export const ruleSimulationSchema = z.object({
  hours: z.number().int(),
  hoursUnknown: z.number().int().meta({ description: 'Hours without an amount; nothing is assumed of them' }),
  count: z.number().int().meta({ description: 'How often it would have acted' }),
  acts: z.array(actSchema).meta({ description: 'The latest ones' }),
  saved: z.number(),
  savedAtMost: z
    .number()
    .nullable()
    .meta({ description: 'Night set-back: the use in these hours above that of the lowest hour; else null' }),
  highest: z
    .object({ before: z.number(), after: z.number() })
    .nullable()
    .meta({ description: 'Demand limit: the highest hour as it was, and as it would have been; else null' }),
})
export type RuleSimulation = z.output<typeof ruleSimulationSchema>

/** A command of `POST gateways/{id}/control`, without id and end. */
export const proposedCommandSchema = z.object({
  when: z.enum(['nightBegins', 'nightEnds', 'leakFound', 'aboveLimit', 'belowLimit']),
  name: z.string(),
  arguments: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type ProposedCommand = z.output<typeof proposedCommandSchema>

/** What a person would confirm, at each event of the rule. `meter`: the meter that the rule looks at. */
export function proposedCommands(rule: BuildingRule, meter: string): ProposedCommand[] {
  switch (rule.kind) {
    case 'nightSetBack':
      return [
        { when: 'nightBegins', name: 'writeRegister', arguments: { meter, address: rule.address, value: rule.night } },
        { when: 'nightEnds', name: 'writeRegister', arguments: { meter, address: rule.address, value: rule.day } },
      ]
    case 'leak':
      return [{ when: 'leakFound', name: 'valveClose', arguments: { meter } }]
    case 'demandLimit':
      return [
        { when: 'aboveLimit', name: 'relayOff', arguments: { meter: rule.load } },
        { when: 'belowLimit', name: 'relayOn', arguments: { meter: rule.load } },
      ]
  }
}
