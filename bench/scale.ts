// `node bench/scale.ts` writes docs/scale.md: a nation through the design in AWS, by a simulation of queue depths and
// partition sizes from the constants of the code itself. test/bench/scale.test.ts checks that the file is current.

import { writeFileSync } from 'node:fs'
import { LAKE_MERGE_ROWS } from '../cloud/series/lake/merge.ts'
import { LEDGER_GROUPS } from '../cloud/series/touched-ledger.ts'
import { createRandom } from '../devices/random.ts'
import { totalUsd } from '../infra/cost.ts'
import { ASSUMED, type Case } from '../infra/cost-model.ts'
import { monthlyLines } from '../infra/cost-month.ts'
import { works } from '../infra/functions.ts'
import { TENDING_WORK } from '../infra/lake.ts'

interface Realm {
  name: string
  institutions: number
  meters: number
  counties: number
  everyMinutes: number
}
/** The counties of the nation and of the province are about as many as there are. */
const REALMS: readonly Realm[] = [
  { name: 'the province', institutions: 31_600, meters: 200_000, counties: 170, everyMinutes: 15 },
  { name: 'the nation', institutions: 1_500_000, meters: 10_000_000, counties: 2_850, everyMinutes: 15 },
]
/** Seconds over which gateways of an interval spread their messages. */
const SPREADS = [60, 300, 900]
/** Of a conditional write to DynamoDB from a function in the region; not measured. */
const ROUND_TRIP_SECONDS = 0.008
/** DynamoDB's limits: write units of a partition key a second, bytes of an item. */
const [PARTITION_UNITS, ITEM_BYTES] = [1_000, 400_000]
const SAMPLES = 200_000

/** Seconds that a batch of `ingest` takes. */
const batchSeconds = (messages: number): number => ASSUMED.ingestSeconds.each + messages * ASSUMED.ingestSeconds.message

/** Depth of the queue of readings, second by second through one interval. */
function queueOf({ institutions, everyMinutes }: Realm, spreadSeconds: number, copies = works.ingest.copies) {
  const perBatch = works.ingest.batch?.messages ?? 1
  const drained = (copies * perBatch) / batchSeconds(perBatch)
  let [waiting, deepest, emptyAt] = [0, 0, 0]
  for (let second = 0; second < everyMinutes * 60; second++) {
    if (second < spreadSeconds) waiting += institutions / spreadSeconds
    waiting = Math.max(0, waiting - drained)
    deepest = Math.max(deepest, waiting)
    if (waiting > 0) emptyAt = second + 1
  }
  return { deepest: Math.round(deepest), emptyAt, isDone: waiting === 0, drained: Math.round(drained) }
}

/** Appends a second that a chain of the ledger would have to take, and those that it can. */
function chainOf({ institutions }: Realm, spreadSeconds: number, { groups = LEDGER_GROUPS, copies = COPIES } = {}) {
  const perBatch = works.ingest.batch?.messages ?? 1
  const batches = Math.min(institutions / spreadSeconds / perBatch, copies / batchSeconds(perBatch))
  const touched = groups * (1 - (1 - 1 / groups) ** perBatch)
  return { wanted: (batches * touched) / groups, possible: 1 / ROUND_TRIP_SECONDS }
}
const COPIES = works.ingest.copies

/** Sizes of institutions: log-normal about the mean, most small and few with hundreds of meters. */
function itemsOf({ institutions, meters, everyMinutes }: Realm) {
  const random = createRandom('scale')
  const sigma = 1
  const mu = Math.log(meters / institutions) - sigma ** 2 / 2
  const sizes = Array.from({ length: Math.min(SAMPLES, institutions) }, () => {
    const normal = Math.sqrt(-2 * Math.log(random.between(1e-12, 1))) * Math.cos(2 * Math.PI * random.between(0, 1))
    return Math.max(1, Math.round(Math.exp(mu + sigma * normal)))
  }).sort((a, b) => a - b)
  const largest = sizes.at(-1) ?? 1
  const messageBytes = (size: number): number => ASSUMED.itemBytes + size * ASSUMED.itemReadingBytes
  return {
    median: sizes[Math.floor(sizes.length / 2)] ?? 1,
    largest,
    messageUnits: sizes.reduce((sum, size) => sum + Math.ceil(messageBytes(size) / 1_024), 0) / sizes.length,
    dayBytesMax: largest * ASSUMED.itemDayBytes,
    youngBytesMax: messageBytes(largest) * ((24 * 60) / everyMinutes) * 3.5,
    unitsPerSecondMax: Math.ceil(messageBytes(largest) / 1_024) / (everyMinutes * 60),
  }
}

/** Seconds that all counties take, by all copies of the function side by side. */
function roundsOf({ meters, counties, everyMinutes }: Realm) {
  const own = meters / counties
  const { settleSeconds, lakeSeconds, lakePasses } = ASSUMED
  const county = settleSeconds.each + settleSeconds.shard + own * settleSeconds.meter
  const rows = (own * 24 * 60) / everyMinutes
  return {
    settleSeconds: (county * counties) / works.settle.copies,
    countySeconds: county,
    dayRows: rows,
    sealSeconds: rows * lakeSeconds,
    tendSeconds: (rows * lakeSeconds * lakePasses * counties) / TENDING_WORK.copies,
    mergedFiles: Math.ceil((rows * 30.4) / LAKE_MERGE_ROWS),
    fileMb: (rows * ASSUMED.lakeBytes) / 1e6,
  }
}

const caseOf = ({ name, institutions, meters, counties, everyMinutes }: Realm): Case => ({
  ...{ name, institutions, meters, everyMinutes },
  shards: counties,
  readers: Math.round(institutions / 16),
  influxVcpus: 8,
})

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 })
const rowOf = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const heads = (first: string): string[] => [
  rowOf(first, ...REALMS.map(({ name }) => name)),
  rowOf('---', ...REALMS.map(() => '---')),
]
const each = (what: string, of: (realm: Realm) => number | string): string =>
  rowOf(
    what,
    ...REALMS.map((realm) => [of(realm)].map((one) => (typeof one === 'number' ? number(one) : one))[0] ?? ''),
  )

/** docs/scale.md as text. */
function scaleDocument(): string {
  const pace = { settleMinutes: 120, judgeMinutes: 360 }
  return [
    '# A nation, on paper',
    '',
    '_Written by `node bench/scale.ts`; edit that, not this file._',
    '',
    'Past one machine: 1.5 million institutions with 10 million meters at 15 minutes, through `readings=lake` as it is, beside the',
    'province for which it is made. A simulation from constants of the code and the assumptions of [cost.md](cost.md), none of which',
    'was measured in AWS. Sizes of institutions are log-normal; the round trip to DynamoDB is assumed to be 8 ms.',
    '',
    '## The queue of readings',
    '',
    `${number(works.ingest.copies)} copies of \`ingest\` take ${number(queueOf(REALMS[0] as Realm, 60).drained)} messages a second. All gateways send once in the interval, spread over:`,
    '',
    ...heads('spread'),
    ...SPREADS.map((spread) =>
      each(`${spread} s: deepest, empty after`, (realm) => {
        const { deepest, emptyAt, isDone } = queueOf(realm, spread)
        return `${number(deepest)}, ${isDone ? `${emptyAt} s` : 'never'}`
      }),
    ),
    '',
    '## The ledger of arrived readings',
    '',
    `${LEDGER_GROUPS} chains, each of which takes one append after another: ${number(chainOf(REALMS[0] as Realm, 60).possible)} a second. Wanted of each:`,
    '',
    ...heads('spread'),
    ...SPREADS.map((spread) => each(`${spread} s`, (realm) => chainOf(realm, spread).wanted)),
    each('60 s, with twice the copies', (realm) => chainOf(realm, 60, { copies: 2 * COPIES }).wanted),
    each('the same, with 16 times the chains', (realm) => {
      return chainOf(realm, 60, { copies: 2 * COPIES, groups: 16 * LEDGER_GROUPS }).wanted
    }),
    '',
    '## Items and partitions',
    '',
    ...heads(''),
    each('meters of an institution: median, largest of 200,000', (realm) => {
      const { median, largest } = itemsOf(realm)
      return `${median}, ${largest}`
    }),
    each('write units a message', (realm) => itemsOf(realm).messageUnits),
    each(`largest item of a day of hours, bytes (limit ${number(ITEM_BYTES)})`, (realm) => itemsOf(realm).dayBytesMax),
    each('largest partition of young readings, bytes', (realm) => itemsOf(realm).youngBytesMax),
    each(
      `write units a second of the busiest partition (limit ${number(PARTITION_UNITS)})`,
      (realm) => itemsOf(realm).unitsPerSecondMax,
    ),
    '',
    '## Rounds over the counties',
    '',
    ...heads(''),
    each('settling a county, s', (realm) => roundsOf(realm).countySeconds),
    each(`settling all, s, by ${works.settle.copies} copies`, (realm) => roundsOf(realm).settleSeconds),
    each('rows of a county and day', (realm) => roundsOf(realm).dayRows),
    each('its file, MB', (realm) => roundsOf(realm).fileMb),
    each('writing it, s (a function may run 900)', (realm) => roundsOf(realm).sealSeconds),
    each(`the lake of all, s a day, by ${TENDING_WORK.copies} copies`, (realm) => roundsOf(realm).tendSeconds),
    each('files of a merged month', (realm) => roundsOf(realm).mergedFiles),
    '',
    '## A month, in US dollars',
    '',
    ...heads('settleMinutes 120, judgeMinutes 360'),
    each('all', (realm) => totalUsd(monthlyLines(caseOf(realm), 'lake', pace))),
    each('an institution', (realm) => totalUsd(monthlyLines(caseOf(realm), 'lake', pace)) / realm.institutions),
    '',
    '## What breaks first',
    '',
    '1. **The ledger.** Chains bear what the copies of a province pass on, whatever the haste; with twice the copies, and all gateways of a nation',
    '   sending within a minute, each is asked for more appends than can be made one after another. Sixteen times as many chains, a constant',
    '   of `cloud/series/touched-ledger.ts`, cut that to an eighth.',
    '2. **The queue of readings** grows while a nation sends within a minute and is empty again before the next interval; SQS holds it. IoT Core must be',
    '   granted the connections and the publishes a second: both are quotas of an account, which we have not read.',
    '3. **Settling** all counties takes a good quarter of an hour with the copies of a province: at `settleMinutes` 60 it fits, at 15 it does not.',
    '   The copies of an account (1,000) allow ten times as many.',
    '4. **Roll-up and lists above a province** read all areas below one; nothing here has tried 31 provinces under one root.',
    '',
    'So a nation is 31 deployments, one for each province, each in an account of its own with its quotas, and one more that takes the reports',
    'of provinces: the design does not need to be larger than a province, and a fault stays in one.',
    '',
  ].join('\n')
}

/** The simulation as data, for tests. */
function facts() {
  return REALMS.map((realm) => ({
    ...realm,
    queues: SPREADS.map((spread) => queueOf(realm, spread)),
    oneCopy: queueOf(realm, 60, 1),
    chains: SPREADS.map((spread) => chainOf(realm, spread)),
    manyCopies: chainOf(realm, 60, { copies: 2 * COPIES }),
    manyChains: chainOf(realm, 60, { copies: 2 * COPIES, groups: 16 * LEDGER_GROUPS }),
    items: itemsOf(realm),
    rounds: roundsOf(realm),
  }))
}

if (process.argv.includes('--json')) process.stdout.write(JSON.stringify({ text: scaleDocument(), facts: facts() }))
else writeFileSync(new URL('../docs/scale.md', import.meta.url), scaleDocument())
