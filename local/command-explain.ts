// `kilowatch explain SUBJECT`: where a number of a running kilowatch comes from, as a person reads it: formula, months with
// their rows, meters with their hours, the row it is held against and the clause.

import { formatInstant } from '../domain/calendar.ts'
import type { ExplainView } from '../domain/explain-view.ts'
import { ApiError, type Client, chosenHost, clientOf } from './client.ts'

export interface ExplainOptions {
  month: string
  indicator: string
  table?: string
  json?: boolean
  data: string
  api?: string
  token?: string
}

export async function explainSubject(subject: string, options: ExplainOptions): Promise<void> {
  const host = chosenHost(options)
  if (!host) throw new Error('no kilowatch runs on that data folder; start one, or name it with --api')
  const view = await fetched(clientOf(host), subject, options)
  process.stdout.write(options.json ? `${JSON.stringify(view)}\n` : `${described(view)}\n`)
  if (!view.matches) process.exitCode = 1
}

/** An institution's id, or else an area's code. */
async function fetched(client: Client, subject: string, options: ExplainOptions): Promise<ExplainView> {
  const { month, indicator, table } = options
  const query = new URLSearchParams({ month, indicator, ...(table !== undefined && { table }) })
  const path = `${encodeURIComponent(subject)}/explain?${query}`
  try {
    return await client.get<ExplainView>(`institutions/${path}`)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    return client.get<ExplainView>(`areas/${path}`)
  }
}

const shown = (value: number | null): string => (value === null ? '—' : String(Number(value.toPrecision(10))))

export function described(view: ExplainView): string {
  const { subject, indicator, month, unit, formula, clause, against } = view
  return [
    `${subject} ${indicator} ${month}: ${shown(view.shown)} ${unit}`,
    `  ${formula.zh}`,
    `  ${formula.en}`,
    `  recomputed ${shown(view.result)} ${unit}: ${view.matches ? 'equal' : 'DIFFERS'}${view.why ? ` (${view.why})` : ''}`,
    ...view.months.flatMap((part) => [
      `  ${part.month}  × ${shown(part.weight)}  numerator ${shown(part.numerator)}  size ${shown(part.size)}  hours ${part.hoursKnown}/${part.hoursExpected}`,
      ...part.terms.map(
        ({ source, amount, unit: of, row, adds }) =>
          `    ${source}: ${shown(amount)} ${of}${row ? ` × ${row.value} ${row.unit} [${row.name}; from ${row.validFrom}; ${row.source}]` : ''} → ${shown(adds)}`,
      ),
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
    against
      ? `  against ${against.name}, ${against.source}${against.standIn ? ' (stand-in)' : ''}`
      : '  against: none was issued',
    `  ${clause.zh}`,
    `  ${clause.en}`,
  ].join('\n')
}
