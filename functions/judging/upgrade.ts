// Says in one line of the log how many closed months and ratings changed when another version of Kilowatch judged a
// data folder, and by how much at most. Counts by shard, from the revisions that name the upgrade.

import type { Cause, Trail } from '../../domain/judge/revision-cause.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { DERIVED, docKey, type StateStore } from '../platform.ts'
import { settledKey } from '../settling/mark.ts'
import { dirtyKey } from '../state/dirty.ts'
import { VERSION } from '../state/version.ts'
import { assessedKey, isJudgedHere } from './fingerprint.ts'
import type { Rerated } from './list-rows.ts'
import { changedShares, revisionKey } from './revision.ts'

type UpgradeCause = Cause & { kind: 'upgrade' }
/** What an upgrade changed in a shard. */
interface Upgraded {
  from: string
  to: string
  institutions: number
  /** Closed months that changed. */
  months: number
  /** The largest relative change, and where. */
  most: { share: number; subject: string; month: string; name: string } | null
  /** Ratings and statuses that changed, before and after, by institution. */
  ratings: Rerated
}
const upgradedKey = (shard = '') => docKey<Upgraded>(`upgraded/${shard}`)
/** Institutions that the line names. */
const NAMED_MAX = 5

const isUpgradeHere = (cause: Cause): cause is UpgradeCause => cause.kind === 'upgrade' && cause.to === VERSION

/** The upgrade that judges a shard anew, if any. */
export const upgradeIn = (trail: Trail): UpgradeCause | undefined =>
  Object.values(trail)
    .flat()
    .flatMap((entry) => ('cause' in entry && isUpgradeHere(entry.cause) ? [entry.cause] : []))
    .at(0)

/** Counts again what stands: a pass that was cut off, or the second of two passes, counts nothing twice. */
export async function noteUpgrade(
  state: StateStore,
  {
    shard,
    institutions,
    trail,
    rerated,
  }: { shard: string; institutions: readonly Institution[]; trail: Trail; rerated: Rerated },
): Promise<void> {
  const upgrade = upgradeIn(trail)
  if (!upgrade) return
  const before = await state.get(upgradedKey(shard))
  const ratings = { ...before?.value.ratings }
  for (const [id, [from, to]] of Object.entries(rerated)) ratings[id] = [ratings[id]?.[0] ?? from, to]
  const { from, to } = upgrade
  const value: Upgraded = { from, to, institutions: institutions.length, months: 0, most: null, ratings }
  for (const { id } of institutions) {
    for (const { value: revision } of await state.query(revisionKey(id))) {
      if (!revision.causes?.some(isUpgradeHere)) continue
      value.months++
      for (const [name, share] of changedShares(revision.before, revision.after))
        if (share > (value.most?.share ?? 0)) value.most = { share, subject: id, month: revision.month, name }
    }
  }
  await state.put([{ key: upgradedKey(shard), value, ifVersion: before?.version ?? 0 }], DERIVED)
}

/** Writes the line once all shards are settled and judged by this version. */
export async function tellUpgrade(
  state: StateStore,
  shards: readonly string[],
  log: (line: string) => void = console.warn,
): Promise<void> {
  const docs = await state.query(upgradedKey())
  if (docs.length === 0) return
  for (const shard of shards) if (!(await isDone(state, shard))) return
  log(upgradeLine(docs.map(({ value }) => value)))
  await state.delete(docs.map(({ key }) => key))
}

async function isDone(state: StateStore, shard: string): Promise<boolean> {
  const settled = (await state.get(settledKey(shard)))?.value
  const assessed = (await state.get(assessedKey(shard)))?.value
  const dirty = (await state.get(dirtyKey(shard)))?.value ?? {}
  const isSettled = settled === undefined || settled.by === VERSION
  return isSettled && (assessed === undefined || isJudgedHere(assessed)) && Object.keys(dirty).length === 0
}

function upgradeLine(found: readonly Upgraded[]): string {
  const from = [...new Set(found.map((one) => one.from))].sort().join(', ')
  const total = (count: (one: Upgraded) => number): number => found.reduce((sum, one) => sum + count(one), 0)
  const most = found.flatMap((one) => one.most ?? []).sort((a, b) => b.share - a.share)[0]
  const ratings = found.flatMap((one) => Object.entries(one.ratings)).filter(([, [before, after]]) => before !== after)
  const extent = most
    ? `, at most ${(most.share * 100).toPrecision(2)} % (${most.name} of ${most.subject} in ${most.month})`
    : ''
  const named = ratings.slice(0, NAMED_MAX).map(([id, [before, after]]) => `${id} ${before} to ${after}`)
  const rest = ratings.length > NAMED_MAX ? ' …' : ''
  return (
    `kilowatch: upgrade from ${from} to ${VERSION}: ${total(({ months }) => months)} closed months of ` +
    `${total(({ institutions }) => institutions)} institutions changed${extent}; ${ratings.length} ratings or statuses changed` +
    `${named.length > 0 ? ` (${named.join('; ')}${rest})` : ''}`
  )
}
