// Tells people of the orders that rules of control propose (docs/rules/control-rules.md#orders): part of notify, which
// may read who is told of what. Each proposal once; ids make a repetition harmless.

import type { RuleOrder, StoredRule } from '../../domain/control/stored-rule.ts'
import { planMessage } from '../../domain/notify/plan.ts'
import { type Proposal, proposalLine, proposalText } from '../../domain/notify/proposal.ts'
import { amountUnit } from '../../domain/unit.ts'
import { docKey, type Platform } from '../platform.ts'
import { type RegistryReader, registryReader } from '../registry/reader.ts'
import { enqueue, hold, recipientsOf } from '../telling/outbox.ts'
import { pageUrlOf, subjectPlace } from '../telling/plan.ts'
import { asStoredRule, controlKeys, ruleAbout } from './store.ts'

/** Open proposals that were told of. */
const TOLD_KEY = docKey<{ ids: string[] }>('control-told')

export async function tellProposals(on: Pick<Platform, 'state' | 'pageUrl'>, nowMs: number): Promise<void> {
  const { state } = on
  const told = (await state.get(TOLD_KEY))?.value.ids ?? []
  const rules = (await state.query(controlKeys.rule())).flatMap((doc) => asStoredRule(doc) ?? [])
  const open: { id: string; stored: StoredRule; order: RuleOrder }[] = []
  for (const stored of rules) {
    const orders = (await state.get(controlKeys.orders(stored.meter, stored.id)))?.value.orders ?? []
    for (const order of orders)
      if (order.state === 'proposed' && nowMs < order.untilMs)
        open.push({ id: `proposal:${ruleAbout(stored)}:${order.id}:${order.atMs}`, stored, order })
  }
  const fresh = open.filter(({ id }) => !told.includes(id))
  if (fresh.length > 0) {
    const recipients = await recipientsOf(state)
    const pageUrl = await pageUrlOf(on)
    const registry = registryReader(state)
    await registry.refresh()
    for (const { id, stored, order } of fresh) {
      const found = await proposalOf(registry, { stored, order, pageUrl })
      if (!found) continue
      const { proposal, scope } = found
      const planned = planMessage(
        {
          ...{ id, severity: 'major', scope },
          text: (language) => proposalText(proposal, language),
          line: (language) => proposalLine(proposal, language),
        },
        recipients,
        nowMs,
      )
      await enqueue(state, planned.notifications)
      await hold(state, planned.held)
    }
  }
  const ids = open.map(({ id }) => id)
  if (ids.join() !== told.join()) await state.put([{ key: TOLD_KEY, value: { ids } }])
}

/** Undefined for a meter that is no longer registered. */
async function proposalOf(
  registry: RegistryReader,
  { stored, order, pageUrl }: { stored: StoredRule; order: RuleOrder; pageUrl: string },
): Promise<{ proposal: Proposal; scope: string[] } | undefined> {
  const found = await registry.meter(stored.meter)
  if (!found) return undefined
  const { institution, medium } = found.meter
  const { name } = await subjectPlace(registry, { type: 'meter', id: stored.meter })
  const scope = [stored.meter, institution, ...(await registry.path(found.shard))]
  return { proposal: { rule: stored, order, unit: amountUnit(medium), name, institution, pageUrl }, scope }
}
