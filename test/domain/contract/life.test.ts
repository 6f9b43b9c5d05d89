// Signatures and disputes of a settlement: what was signed before a dispute was upheld binds nobody.

import { expect, test } from 'vitest'
import {
  disputed,
  resolved,
  type SettlementRevision,
  signed,
  stateOf,
  UNSIGNED,
} from '../../../domain/contract/life.ts'

const revision = {
  ...{ number: 1, atMs: 0, cause: 'first', digest: '', adjustments: [], signatures: UNSIGNED, disputes: [] },
  settlement: { unpricedDays: 0 },
} as unknown as SettlementRevision
const done = (result: { revision: SettlementRevision } | { refused: unknown }): SettlementRevision => {
  if ('refused' in result) throw new Error(JSON.stringify(result.refused))
  return result.revision
}
const by = (party: 'owner' | 'contractor', atMs: number) => ({ party, who: party, atMs })

test.each([
  ['upheld', 'owner', 'issued'],
  ['withdrawn', 'contractor', 'signed'],
] as const)(
  'the owner signs, the contractor disputes, it is %s: the contractor signs then',
  (outcome, party, state) => {
    const one = done(signed(revision, by('owner', 1)))
    const two = done(disputed(one, { ...by('contractor', 2), reason: 'r', disputeDays: 10 }))
    expect(signed(two, by('contractor', 3))).toHaveProperty('refused')
    const three = done(resolved(two, { ...by(party, 4), outcome, note: 'n' }))
    expect(stateOf(done(signed(three, by('contractor', 5))))).toBe(state)
  },
)
