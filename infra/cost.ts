// `npm run cost`: writes docs/cost.md from the model and the prices; test/infra/cost.test.ts checks that the file is
// current.

import { writeFileSync } from 'node:fs'
import { GATHER_SECONDS } from '../functions/triggers.ts'
import { ASSUMED, type Case, type Line } from './cost-model.ts'
import { monthlyLines } from './cost-month.ts'
import { PRICED_FOR, PRICED_ON, type Price, type PriceName, prices } from './prices.ts'
import { SERIES_STORES } from './series-stores.ts'

/** Hebei: 31,600 institutions, 200,000 meters, 14 cities; the number of counties is the demo's. */
const province = { institutions: 31_600, meters: 200_000, shards: 170, readers: 2_000 }
export const cases: readonly Case[] = [
  {
    name: 'one institution, 15 min',
    institutions: 1,
    meters: 20,
    shards: 1,
    everyMinutes: 15,
    readers: 3,
    influxVcpus: 1,
  },
  {
    name: 'one city, 15 min',
    institutions: 2_260,
    meters: 14_300,
    shards: 12,
    everyMinutes: 15,
    readers: 150,
    influxVcpus: 2,
  },
  { name: 'the province, 15 min', ...province, everyMinutes: 15, influxVcpus: 8 },
  { name: 'the province, 1 min', ...province, everyMinutes: 1, influxVcpus: 32 },
]
/** Spans of gathering to compare; SQS forgets a message's id after five minutes, so longer spans gather no more. */
const SPANS = [30, 60, 120, 240]
/** Minutes between settlings and between judgings, and alarms, to compare. */
const PACES = [
  [0, 0, 'all'],
  [15, 15, 'all'],
  [60, 60, 'all'],
  [60, 60, 'few'],
  [120, 120, 'few'],
  [60, 360, 'few'],
] as const
const DOMINANT_LINES = 3

const priceOf = (name: PriceName): Price => prices[name]
const usdOf = ({ price, quantity }: Line): number => priceOf(price).usd * quantity
export const totalUsd = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + usdOf(line), 0)

/** docs/cost.md as text. */
const priceTable = (): string =>
  table(
    ['name', 'USD', 'for one', ''],
    Object.entries<Price>(prices).map(([name, { usd: price, unit, verified }]) => [
      name,
      `${price}`,
      unit,
      verified ? 'read' : 'unverified',
    ]),
  )

function assumption(value: number | Record<string, number>): string {
  if (typeof value === 'number') return number(value)
  return Object.entries(value)
    .map(([key, one]) => `${key} ${one}`)
    .join(', ')
}

function paceSection(): string[] {
  return [
    '## With the lake, the pace decides',
    '',
    '`settleMinutes`, `judgeMinutes` and `watch` of the context: how often hours are settled and months judged, where gateways send',
    'more often. Hours that are not settled yet are shown all the same (decision 0009); ratings and alerts are as old as the',
    'last judging.',
    '',
    table(
      ['', ...PACES.map((pace) => pace.join(' / '))],
      cases.map((one) => [
        one.name,
        ...PACES.map(([settleMinutes, judgeMinutes, watch]) =>
          usd(totalUsd(monthlyLines(one, 'lake', { settleMinutes, judgeMinutes, watch }))),
        ),
      ]),
    ),
    '',
    'The default is 60 / 60 / few. 0: within half a minute of a reading; else a reading is stored within a minute.',
    '',
  ]
}

const ASSUMPTIONS_HEAD = [
  '## Assumptions, none measured in AWS',
  '',
  'Units of settling and judging are counted over DynamoDB’s wire by `test/cloud/units.test.ts` (`npm run campaign`); a transaction',
  'counts twice. Not in the model: versions of replaced files in S3, ledger entries that two writers wanted at once, Athena (5 USD a TB).',
  '',
]

export function costDocument(): string {
  const parts = [
    ...new Set(
      cases.flatMap((one) => SERIES_STORES.flatMap((store) => monthlyLines(one, store).map(({ part }) => part))),
    ),
  ]
  const used = Object.values<Price>(prices)
  const unverified = used.filter(({ verified }) => !verified).length
  return `${[
    '# What it costs in AWS',
    '',
    '_Written by `npm run cost` from `infra/cost-model.ts` and `infra/prices.ts`; edit those, not this file._',
    '',
    'A model, not a bill: Kilowatch has not run in AWS. Volumes follow from the trigger table, the limits of',
    '`infra/functions.ts` and the assumptions below; free tiers and discounts are left out. Prices are of',
    `${PRICED_ON} for ${PRICED_FOR}.`,
    `**${unverified} of ${used.length} prices are unverified**: remembered, not read from a price list. Put in those of your region before`,
    'you decide anything by this.',
    '',
    '## A month, in US dollars',
    '',
    table(
      ['', ...SERIES_STORES.map((store) => `readings=${store}`), 'what dominates (with the lake)'],
      cases.map((one) => [
        one.name,
        ...SERIES_STORES.map((store) => usd(totalUsd(monthlyLines(one, store)))),
        dominant(monthlyLines(one, 'lake')),
      ]),
    ),
    '',
    'Basic Ingest: readings cost no message, but a rule and an action each. A gateway that sends all its meters in one',
    'message pays once for all of them.',
    '',
    ...paceSection(),
    '## With a series database, the span of gathering decides',
    '',
    `Messages for one county that come within ${GATHER_SECONDS} s are one piece of work (GATHER_SECONDS, functions/triggers.ts; decision 0016).`,
    'A longer span settles and judges less often. With InfluxDB:',
    '',
    table(
      ['', ...SPANS.map((span) => `${span} s${span === GATHER_SECONDS ? ' (now)' : ''}`)],
      cases.map((one) => [
        one.name,
        ...SPANS.map((span) => usd(totalUsd(monthlyLines(one, 'influxdb', { gatherSeconds: span })))),
      ]),
    ),
    '',
    ...SERIES_STORES.flatMap((store) => [
      `## Line by line, readings=${store}`,
      '',
      table(
        ['', ...cases.map(({ name }) => name)],
        parts.flatMap((part) => {
          const found = cases.map((one) => monthlyLines(one, store).find((line) => line.part === part))
          return found.every((line) => line === undefined)
            ? []
            : [[part, ...found.map((line) => (line ? usd(usdOf(line)) : ''))]]
        }),
      ),
      '',
    ]),
    '## Prices',
    '',
    priceTable(),
    '',
    ...ASSUMPTIONS_HEAD,
    table(
      ['name', 'value'],
      Object.entries(ASSUMED).map(([name, value]) => [name, assumption(value)]),
    ),
    '',
    '## The cases',
    '',
    table(
      ['', 'institutions', 'meters', 'counties', 'every', 'readers', 'InfluxDB vCPUs (× 2 zones)'],
      cases.map((one) => [
        one.name,
        ...[one.institutions, one.meters, one.shards].map(number),
        `${one.everyMinutes} min`,
        ...[one.readers, one.influxVcpus].map(number),
      ]),
    ),
  ].join('\n')}\n`
}

const dominant = (lines: readonly Line[]): string =>
  [...lines]
    .sort((a, b) => usdOf(b) - usdOf(a))
    .slice(0, DOMINANT_LINES)
    .map((line) => `${line.part} ${Math.round((100 * usdOf(line)) / totalUsd(lines))} %`)
    .join('; ')

const number = (value: number): string => value.toLocaleString('en-US')
const usd = (value: number): string =>
  value.toLocaleString(
    'en-US',
    value < 10 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 0 },
  )

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [pad(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(pad)].join('\n')
}

if (import.meta.main) writeFileSync(new URL('../docs/cost.md', import.meta.url), costDocument())
