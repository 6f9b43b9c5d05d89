// The lake's manifest in DynamoDB: which files a county has and what each holds, and where readings of a group of
// meters lie. A file counts from the moment at which its row says so; no listing of the bucket is asked.

import { randomUUID } from 'node:crypto'
import { DeleteItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { Month } from '../../../domain/calendar.ts'
import { readingsPartition } from './group.ts'
import { type ItemKey, keyItem, type LakeItem, type LakeItems, type LakeTable } from './items.ts'
import type { LakeFileFacts } from './parquet.ts'

/**
 * `writing`: named, perhaps not in the bucket. `sealed`: it counts, and some of its rows may still be young as well.
 * `live`: it counts. `dead`: merged into another, to be deleted.
 */
type FileState = 'writing' | 'sealed' | 'live' | 'dead'
export interface LakeEntry extends LakeFileFacts {
  county: string
  month: Month
  /** Unique, never used again. */
  name: string
  state: FileState
  bytes: number
  sha256: string
  /** Made of others; epoch ms of the state's last change. */
  isMerged: boolean
  changedMs: number
}
/** Where readings of a group lie. */
export interface LakePlace {
  /** The county whose run seals the group. */
  owner: string | undefined
  /** `toMs`: no reading of the group in these files is later. */
  months: { county: string; month: Month; toMs: number }[]
}
/** The right to write files of a county, for one run at a time; another may take it after `untilMs`. */
export interface LakeLease {
  holder: string
  untilMs: number
}
/** Somebody else changed a row meanwhile. */
export class LakeConflict extends Error {
  override name = 'LakeConflict'
}

const PLACE = 'place'
const MONTH_ATTRIBUTE = /^m:([^/]+)\/(.+)$/
const entryKey = ({ county, month, name }: Pick<LakeEntry, 'county' | 'month' | 'name'>): ItemKey => ({
  pk: `lake#${county}`,
  sk: `${month}#${name}`,
})
const leaseKey = (county: string): ItemKey => ({ pk: `lake#${county}`, sk: '!lease' })

export function openLakeCatalog(items: LakeItems, { dynamo, table }: LakeTable, now: () => number) {
  /** Throws LakeConflict where the condition does not hold. */
  async function update(key: ItemKey, change: Change): Promise<void> {
    try {
      await items.asked(() => dynamo.send(new UpdateItemCommand({ TableName: table, Key: keyItem(key), ...change })))
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
      throw new LakeConflict(`${key.pk} ${key.sk}`)
    }
  }
  const stateUpdate = (entry: LakeEntry, to: FileState, from: readonly FileState[]) => ({
    key: entryKey(entry),
    change: changeOfState(entry, { to, from, nowMs: now() }),
  })
  /**
   * Names are used once: when an answer was lost and the change repeated, the conflict is with our own first change.
   */
  const move = async (entry: LakeEntry, to: FileState, from: readonly FileState[]): Promise<void> => {
    const { key, change } = stateUpdate(entry, to, from)
    try {
      await update(key, change)
    } catch (error) {
      const isDone = error instanceof LakeConflict && (await items.many([key])).some(({ state }) => state?.S === to)
      if (!isDone) throw error
    }
  }

  /** All changes or none. Throws LakeConflict where a condition does not hold. */
  async function together(changes: readonly { key: ItemKey; change: Change }[]): Promise<void> {
    const TransactItems = changes.map(({ key, change }) => ({
      Update: { TableName: table, Key: keyItem(key), ...change },
    }))
    // A committed transaction that is repeated under the same token is not done twice.
    const ClientRequestToken = randomUUID()
    const command = new TransactWriteItemsCommand({ TransactItems, ClientRequestToken })
    try {
      await items.asked(() => dynamo.send(command))
    } catch (error) {
      if ((error as Error).name !== 'TransactionCanceledException') throw error
      throw new LakeConflict(changes.map(({ key }) => key.sk).join(', '))
    }
  }

  return {
    async places(groups: readonly string[]): Promise<Map<string, LakePlace>> {
      const found = await items.many(groups.map((group) => ({ pk: readingsPartition(group), sk: PLACE })))
      return new Map(found.map((item) => [(item.pk?.S ?? '').slice(readingsPartition('').length), placeOf(item)]))
    },

    /** Makes the county the one that seals the group. Throws LakeConflict when another did since `before`. */
    async claim(group: string, county: string, before: string | undefined): Promise<void> {
      await update(
        { pk: readingsPartition(group), sk: PLACE },
        {
          UpdateExpression: 'SET #owner = :owner',
          ConditionExpression: before === undefined ? 'attribute_not_exists(#owner)' : '#owner = :before',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: {
            ':owner': { S: county },
            ...(before !== undefined && { ':before': { S: before } }),
          },
        },
      )
    },

    /** Notes that readings of the group up to `toMs` lie in files of the month. Before the files count. */
    async note(group: string, { county, month, toMs }: LakePlace['months'][number]): Promise<void> {
      await unlessConflict(
        update(
          { pk: readingsPartition(group), sk: PLACE },
          {
            UpdateExpression: 'SET #month = :to',
            // A run that was paused must not hide what another sealed.
            ConditionExpression: 'attribute_not_exists(#month) OR #month < :to',
            ExpressionAttributeNames: { '#month': `m:${county}/${month}` },
            ExpressionAttributeValues: { ':to': { N: String(toMs) } },
          },
        ),
      )
    },

    /** Files of a county in all states, of the months from the first to the last; of all months without them. */
    async entries(county: string, first: string = '0', last: string = '9'): Promise<LakeEntry[]> {
      return (await items.between(`lake#${county}`, first, `${last}~`)).map((item) => entryOf(county, item))
    },

    /**
     * Names a file that will be written, by whoever holds the lease of its county, and prolongs the lease. Throws
     * LakeConflict when another has it now: what this run read may be sealed already.
     */
    async begin(entry: LakeEntry, { holder, untilMs }: LakeLease): Promise<void> {
      const stays = {
        UpdateExpression: 'SET untilMs = :until',
        ConditionExpression: 'holder = :holder',
        ExpressionAttributeValues: { ':holder': { S: holder }, ':until': { N: String(untilMs) } },
      }
      await together([{ key: leaseKey(entry.county), change: stays }, stateUpdate(entry, 'writing', [])])
    },
    /** From here on the file counts. Throws LakeConflict when somebody took the entry away meanwhile. */
    seal: (entry: LakeEntry) => move(entry, 'sealed', ['writing']),
    settle: (entry: LakeEntry) => move(entry, 'live', ['sealed']),

    /** At once, `merged` counts and the others do not. Throws LakeConflict when one of them changed. At most 99. */
    replace: (merged: LakeEntry, others: readonly LakeEntry[]) =>
      together([
        stateUpdate(merged, 'live', ['writing']),
        ...others.map((entry) => stateUpdate(entry, 'dead', ['live'])),
      ]),

    async forget(entry: LakeEntry): Promise<void> {
      const command = new DeleteItemCommand({ TableName: table, Key: keyItem(entryKey(entry)) })
      await items.asked(() => dynamo.send(command))
    },

    /** Throws LakeConflict while another holds the county. */
    async lease(county: string, { holder, untilMs }: LakeLease): Promise<void> {
      await update(leaseKey(county), {
        UpdateExpression: 'SET holder = :holder, untilMs = :until',
        ConditionExpression: 'attribute_not_exists(holder) OR holder = :holder OR untilMs < :now',
        ExpressionAttributeValues: {
          ':holder': { S: holder },
          ':until': { N: String(untilMs) },
          ':now': { N: String(now()) },
        },
      })
    },
    /** Lets others have the county, unless one has it already. */
    async endLease(county: string, holder: string): Promise<void> {
      const change = {
        UpdateExpression: 'SET untilMs = :none',
        ConditionExpression: 'holder = :holder',
        ExpressionAttributeValues: { ':none': { N: '0' }, ':holder': { S: holder } },
      }
      await unlessConflict(update(leaseKey(county), change))
    },
  }
}
export type LakeCatalog = ReturnType<typeof openLakeCatalog>

const unlessConflict = (change: Promise<void>): Promise<void> =>
  change.catch((error: unknown) => {
    if (!(error instanceof LakeConflict)) throw error
  })

interface Change {
  UpdateExpression: string
  ConditionExpression?: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues: LakeItem
}

/** From no state: the entry must not exist yet. */
function changeOfState(
  { month, county, name, state, changedMs, ...facts }: LakeEntry,
  { to, from, nowMs }: { to: FileState; from: readonly FileState[]; nowMs: number },
): Change {
  const states = from.map((one, n) => [`:from${n}`, { S: one }] as const)
  return {
    UpdateExpression: 'SET #state = :to, changedMs = :now, facts = :facts',
    ConditionExpression:
      states.length === 0 ? 'attribute_not_exists(#state)' : states.map(([label]) => `#state = ${label}`).join(' OR '),
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':to': { S: to },
      ':now': { N: String(nowMs) },
      ':facts': { S: JSON.stringify(facts) },
      ...Object.fromEntries(states),
    },
  }
}

function entryOf(county: string, item: LakeItem): LakeEntry {
  const [month = '', name = ''] = (item.sk?.S ?? '').split('#')
  return {
    ...(JSON.parse(item.facts?.S ?? '{}') as Omit<LakeEntry, 'county' | 'month' | 'name' | 'state' | 'changedMs'>),
    ...{ county, month: month as Month, name },
    state: item.state?.S as FileState,
    changedMs: Number(item.changedMs?.N),
  }
}

const placeOf = (item: LakeItem): LakePlace => ({
  owner: item.owner?.S,
  months: Object.entries(item).flatMap(([attribute, value]) => {
    const [, county, month] = MONTH_ATTRIBUTE.exec(attribute) ?? []
    return county && month ? [{ county, month: month as Month, toMs: Number(value.N) }] : []
  }),
})
