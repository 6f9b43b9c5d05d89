// `kilowatch explain SUBJECT`: prints the sources of a number or alert of a running kilowatch: formula, months with
// their rows, meters and bills, hours with their flags, readings, the table row it is compared with and the clause.

import { InvalidArgumentError } from 'commander'
import { formatInstant } from '../../domain/calendar.ts'
import type { CellView } from '../../domain/report/view.ts'
import type { ExplainCheck, ExplainDetail, ExplainView } from '../../domain/view/explain.ts'
import { ApiError, type Client, chosenHost, clientOf } from './client.ts'

export interface ExplainOptions {
  /** Of a built report: SUBJECT/YYYY-MM. */
  report?: string
  cell?: string
  month?: string
  indicator?: string
  table?: string
  meter?: string
  day?: string
  limit?: string
  cursor?: string
  json?: boolean
  data: string
  api?: string
  token?: string
}
export interface ExplainedAlert {
  id: string
  zh: { measured: string; against: string; clause: string }
  en: { measured: string; against: string; clause: string }
  chain: ExplainView | null
  detail: ExplainDetail | null
  checks: ExplainCheck[]
  evidence: string[]
  asOfMs: number
  now: { value: number | null; asOfMs: number } | null
}

/** Exits with 1 when a level of the chain does not add up to the one above it. */
export async function explainSubject(subject: string | undefined, options: ExplainOptions): Promise<void> {
  const host = chosenHost(options)
  if (!host) throw new Error('no kilowatch runs on that data folder; start one, or name it with --api')
  const client = clientOf(host)
  if (options.report !== undefined) return explainCell(client, options.report, options)
  if (subject === undefined) throw new InvalidArgumentError('say a subject, an alert, or --report with --cell')
  const view = subject.includes(':')
    ? await client.get<ExplainedAlert>(`alerts/${encodeURIComponent(subject)}/explain`)
    : await fetched(client, subject, options)
  const text = 'zh' in view ? describedAlert(view) : described(view)
  process.stdout.write(options.json ? `${JSON.stringify(view)}\n` : `${text}\n`)
  if (view.checks.some(({ ok }) => !ok)) process.exitCode = 1
}

/** Prints a number of a built report, and the chain below it as it stands now. */
async function explainCell(client: Client, report: string, { cell, json }: ExplainOptions): Promise<void> {
  const [subject = '', month = ''] = report.split('/')
  if (cell === undefined || month === '')
    throw new InvalidArgumentError('--report SUBJECT/YYYY-MM and --cell TABLE/ROW/COLUMN, or SHEET!E4 of the workbook')
  const path = `reports/${encodeURIComponent(subject)}/${month}/explain?cell=${encodeURIComponent(cell)}`
  const found = await client.get<CellView>(path)
  const behind = found.trace === null ? null : await client.get<object>(found.trace)
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...found, behind })}\n`)
    return
  }
  const { table, column, row, value, unit, sheetCell, note, trace } = found
  const text = [
    `${sheetCell}  ${table.zh} · ${row} · ${column.zh}: ${value ?? '—'} ${unit}`.trimEnd(),
    `  ${table.en} · ${column.en}`,
    ...(note.zh ? [`  ${note.zh}`, `  ${note.en}`] : []),
    `  see ${trace ?? '—'}`,
    ...(behind === null ? [] : [isChain(behind) ? described(behind) : JSON.stringify(behind, null, 2)]),
  ]
  process.stdout.write(`${text.join('\n')}\n`)
}
const isChain = (value: object): value is ExplainView => 'formula' in value && 'months' in value && 'checks' in value

/** SUBJECT is an institution's id, or else an area's code. */
async function fetched(client: Client, subject: string, options: ExplainOptions): Promise<ExplainView> {
  if (options.indicator === undefined)
    throw new InvalidArgumentError('--indicator says which number is to be explained')
  const { month, indicator, table, meter, day, limit, cursor } = options
  const asked = Object.entries({ month, indicator, table, meter, day, limit, cursor })
  const query = new URLSearchParams(asked.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  const path = `${encodeURIComponent(subject)}/explain?${query}`
  try {
    return await client.get<ExplainView>(`institutions/${path}`)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404 || meter !== undefined) throw error
    return client.get<ExplainView>(`areas/${path}`)
  }
}

const shown = (value: number | null): string => (value === null ? '—' : String(Number(value.toPrecision(10))))

export function described(view: ExplainView): string {
  const { subject, indicator, month, unit, formula, clause, against, next } = view
  return [
    `${subject} ${indicator} ${month}: ${shown(view.shown)} ${unit}${view.lowerBound ? ' (lower bound / 下限)' : ''}`,
    `  ${formula.zh}`,
    `  ${formula.en}`,
    `  recomputed ${shown(view.result)} ${unit}: ${view.matches ? 'equal' : 'DIFFERS'}${view.why ? ` (${view.why})` : ''}`,
    ...view.months.flatMap((part) => [
      `  ${part.month}  × ${shown(part.weight)}  numerator ${shown(part.numerator)}  size ${shown(part.size)}  hours ${part.hoursKnown}/${part.hoursExpected}`,
      ...part.terms.flatMap(({ source, amount, unit: of, row, adds, sources }) => [
        `    ${source}: ${shown(amount)} ${of}${row ? ` × ${row.value} ${row.unit} [${row.name}; from ${row.validFrom}; ${row.source}]` : ''} → ${shown(adds)}`,
        ...sources.map(
          ({ kind, id, factor, amount: own }) => `      ${factor < 0 ? '−' : '+'} ${kind} ${id}: ${shown(own)}`,
        ),
      ]),
    ]),
    ...view.meters.flatMap(({ meter, role, unit: of, months, readings, series }) => [
      `  meter ${meter} (${role}): ${readings.count} readings${readings.firstMs !== null && readings.lastMs !== null ? `, ${formatInstant(readings.firstMs)} to ${formatInstant(readings.lastMs)}` : ''}; ${series}`,
      ...months.map(
        (part) =>
          `    ${part.month}: ${shown(part.amount)} ${of}; hours ${Object.entries(part.flags)
            .map(([flag, count]) => `${flag} ${count}`)
            .join(', ')}`,
      ),
    ]),
    ...view.bills.map((bill) => `  bill ${bill.id}: ${shown(bill.quantity)} ${bill.unit}`),
    ...(next === null ? [] : [`  more follow: --cursor ${next}`]),
    ...(view.detail ? describedDay(view.detail) : []),
    against
      ? `  against ${against.name}, ${against.source}${against.standIn ? ' (stand-in)' : ''}`
      : '  against: none was issued',
    `  ${clause.zh}`,
    `  ${clause.en}`,
    ...describedChecks(view.checks),
    ...(view.pending ? ['  hours were settled since; it will be judged anew'] : []),
  ].join('\n')
}

export function describedAlert({ id, zh, en, chain, detail, checks, evidence, asOfMs, now }: ExplainedAlert): string {
  return [
    id,
    ...[zh, en].flatMap(({ measured, against, clause }) => [`  ${measured}`, `  ${against}`, `  ${clause}`]),
    `  as of ${formatInstant(asOfMs)}${now ? `; now ${shown(now.value)}` : ''}`,
    ...evidence.map((path) => `  see ${path}`),
    ...(chain ? [described(chain)] : [...(detail ? describedDay(detail) : []), ...describedChecks(checks)]),
  ].join('\n')
}

function describedDay({ meter, day, unit, hours, formula, readings, readingsLeft }: ExplainDetail): string[] {
  const ofDay = [
    ...formula.map(({ meter: part, factor }) => `    = ${shown(factor)} × ${part}`),
    ...hours.map(({ atMs, amount, flag }) => `    ${formatInstant(atMs)}  ${shown(amount)} ${unit}  ${flag}`),
    ...readings.map(
      (one) =>
        `    read ${formatInstant(one.atMs)}: ${shown(one.value)} ${one.unit}, ${one.quality}, received ${formatInstant(one.receivedMs)}`,
    ),
  ]
  return [`  ${meter} on ${day}:`, ...ofDay, ...(readingsLeft > 0 ? [`    and ${readingsLeft} more readings`] : [])]
}

/** How many checks of each level hold; failed ones in full. */
function describedChecks(checks: readonly ExplainCheck[]): string[] {
  const levels = [...Map.groupBy(checks, ({ level }) => level)]
  const failed = checks.filter(({ ok }) => !ok)
  return [
    `  checks: ${levels.map(([level, own]) => `${level} ${own.filter(({ ok }) => ok).length}/${own.length}`).join(', ')}`,
    ...failed.map(
      ({ level, name, want, got }) => `  DIFFERS at ${level}: ${name}: ${want ?? '—'} against ${got ?? '—'}`,
    ),
  ]
}
