// Defines the files of an explanation: its sources, months, meters, bills, and one day of one meter with its readings.

import type { ExplainDetail, ExplainView } from '../../../domain/view/explain.ts'
import { formatUnit } from '../words/format.ts'
import { explainSums, type SourceSum } from './explain-sums.ts'
import { columnsOf, type SavedTable, type Speech, savedTable } from './saved-table.ts'

export function explainFiles(view: ExplainView, speech: Speech): SavedTable[] {
  const { text, language } = speech
  const sums = explainSums(view)
  const unit = formatUnit(sums.numeratorUnit, language)
  const source = columnsOf<SourceSum>()
  const month = columnsOf<ExplainView['months'][number]>()
  return [
    savedTable({
      title: text.terms,
      period: view.month,
      rows: sums.sources,
      columns: [
        source.words(text.source, (row) => text.carriers[row.source] ?? row.source),
        source.figure(text.amount, '', ({ amount }) => amount),
        source.words(text.saving.unit, (row) => formatUnit(row.unit, language)),
        source.words(text.coefficientRow, ({ rows }) =>
          rows.map(({ value, unit: per, name }) => `${value} ${per} ${name}`).join('; '),
        ),
        source.figure(text.adds, unit, ({ adds }) => adds),
      ],
    }),
    savedTable({
      title: text.months,
      period: view.month,
      rows: view.months,
      columns: [
        month.words(text.monthRow, (row) => row.month),
        month.figure(text.numerator, unit, ({ numerator }) => numerator),
        month.share(text.weight, ({ weight }) => weight),
        month.figure(text.size, '', ({ size }) => size),
        month.share(text.coverage, ({ knownShare }) => knownShare),
      ],
    }),
    ...(view.meters.length > 0 ? [metersFileOf(view, speech)] : []),
    ...(view.bills.length > 0 ? [billsFileOf(view, speech)] : []),
  ]
}

function metersFileOf({ meters, month }: ExplainView, { text, language }: Speech): SavedTable {
  const rows = meters.flatMap((meter) => meter.months.map((own) => ({ ...meter, ...own })))
  const { words, figure, count } = columnsOf<(typeof rows)[number]>()
  return savedTable({
    title: text.metersBehind,
    period: month,
    rows,
    columns: [
      words(text.meter, ({ meter }) => meter),
      words(text.role, ({ role }) => text.roles[role]),
      words(text.monthRow, (row) => row.month),
      figure(text.amount, '', ({ amount }) => amount),
      words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      count(text.knownHours, ({ hoursKnown }) => hoursKnown),
    ],
  })
}

function billsFileOf({ bills, month }: ExplainView, { text, language }: Speech): SavedTable {
  const { words, figure } = columnsOf<ExplainView['bills'][number]>()
  return savedTable({
    title: text.billsBehind,
    period: month,
    rows: bills,
    columns: [
      words(text.saving.code, ({ id }) => id),
      words(text.monthRow, (row) => row.month),
      words(text.source, ({ carrier }) => text.carriers[carrier] ?? carrier),
      figure(text.amount, '', ({ quantity }) => quantity),
      words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      words(text.bills, ({ source }) => source),
    ],
  })
}

/** Hours and readings of the day, registers as they were read. */
export function explainDayFiles({ meter, day, unit, hours, readings }: ExplainDetail, speech: Speech): SavedTable[] {
  const { text, language } = speech
  const hourly = columnsOf<ExplainDetail['hours'][number]>()
  const reading = columnsOf<ExplainDetail['readings'][number]>()
  return [
    savedTable({
      title: `${text.hour} ${meter}`,
      period: day,
      rows: hours,
      columns: [
        hourly.time(text.hour, ({ atMs }) => atMs),
        hourly.figure(text.amount, formatUnit(unit, language), ({ amount }) => amount),
        hourly.words(text.flag, ({ flag }) => (text.flags as Record<string, string>)[flag] ?? null),
      ],
    }),
    savedTable({
      title: `${text.reading} ${meter}`,
      period: day,
      rows: readings,
      columns: [
        reading.time(text.readAt, ({ atMs }) => atMs),
        reading.figure(text.reading, '', ({ value }) => value),
        reading.words(text.saving.unit, (row) => formatUnit(row.unit, language)),
        reading.time(text.received, ({ receivedMs }) => receivedMs),
        reading.words(text.quality, ({ quality }) => text.qualities[quality] ?? quality),
      ],
    }),
  ]
}
