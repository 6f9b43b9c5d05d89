// The answers of the routes of rules of control (docs/rules/control-rules.md).

import * as z from 'zod'
import { proposedCommandSchema, ruleSimulationSchema } from '../control/building-rule.ts'
import { ruleOrderSchema, storedRuleSchema } from '../control/stored-rule.ts'

export const ruleSimulationViewSchema = ruleSimulationSchema.extend({
  meter: z.string(),
  unit: z.string(),
  commands: z.array(proposedCommandSchema).meta({ description: 'What would be sent and confirmed' }),
})
export type RuleSimulationView = z.output<typeof ruleSimulationViewSchema>

/** A rule with its orders, the newest first. */
export const controlRuleViewSchema = storedRuleSchema.extend({
  unit: z.string(),
  isPermitted: z.boolean(),
  hasBegun: z.boolean().meta({ description: 'It changed something in the building that is not ended yet' }),
  orders: z.array(ruleOrderSchema),
})
export type ControlRuleView = z.output<typeof controlRuleViewSchema>

/** `GET /institutions/{id}/control-rules`. */
export const institutionRulesViewSchema = z.object({
  mayControl: z.boolean().meta({ description: 'Whether the sender has the right to control devices here' }),
  items: z.array(controlRuleViewSchema),
})
export type InstitutionRulesView = z.output<typeof institutionRulesViewSchema>
