// Tries a rule of control on stored hours of a meter, for the routes that show it and for the trial that a permission
// needs (docs/rules/control-rules.md).

import { dayOf, dayStartMs } from '../../domain/calendar.ts'
import type { BuildingRule, RuleSimulation } from '../../domain/control/building-rule.ts'
import { simulateRule } from '../../domain/control/simulate.ts'
import type { Meter } from '../../domain/registry/records.ts'
import type { Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { freshDays } from '../settling/fresh-days.ts'
import { hoursBetween } from './hours.ts'

/** A heating season and the one before it, with the time between. */
const DAYS_MAX = 2 * 366

/** Why a rule cannot be tried; `field` of the request. */
export class TrialProblem extends Error {
  override name = 'TrialProblem'
  readonly field: string
  constructor(message: string, field: string) {
    super(message)
    this.field = field
  }
}

interface TrialSources {
  platform: Platform
  registry: RegistryReader
}
interface Trial {
  rule: BuildingRule
  meter: Meter
  /** Of the meter, and so of all meters of its institution. */
  shard: string
  /** Whole days of UTC+8: from the one of `from` up to the one of `to`, not included. Epoch ms. */
  from: number
  to: number
}

/** Amounts are in the unit of the meter's medium. Throws TrialProblem. */
export async function triedRule(on: TrialSources, { rule, meter, shard, from, to }: Trial): Promise<RuleSimulation> {
  const days = { shard, fromDay: dayOf(from), toDay: dayOf(to) }
  if (days.toDay <= days.fromDay) throw new TrialProblem('"to" must be at least a day after "from"', 'to')
  if (days.toDay - days.fromDay > DAYS_MAX) throw new TrialProblem(`at most ${DAYS_MAX} days are looked at`, 'from')
  const load = rule.kind === 'demandLimit' ? await loadOfRule(on, rule.load, meter) : undefined
  const range = { startMs: dayStartMs(days.fromDay), endMs: dayStartMs(days.toDay) }
  const hours = async (of: Meter) => hoursBetween(await freshDays(on, { ...days, meter: of }), range)
  return simulateRule(rule, await hours(meter), load && (await hours(load)))
}

/** A load of the same institution, counted in the same unit. Throws TrialProblem. */
export async function loadOfRule(
  { registry }: Pick<TrialSources, 'registry'>,
  id: string,
  { institution, medium }: Meter,
): Promise<Meter> {
  const load = (await registry.meter(id))?.meter
  if (load?.institution !== institution)
    throw new TrialProblem(`no meter "${id}" of this institution is registered`, 'rule.load')
  if (load.medium !== medium) throw new TrialProblem(`meter "${id}" counts ${load.medium}, not ${medium}`, 'rule.load')
  return load
}
