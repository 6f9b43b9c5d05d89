// Defines the files of an institution's use: a period beside the year before, the days of a year, and the flow.

import { dayLabel, dayOf } from '../../../domain/calendar.ts'
import type { FlowView, UseView } from '../../../domain/view/period.ts'
import { formatUnit } from '../words/format.ts'
import type { UseWords } from '../words/use-words.ts'
import { columnsOf, type SavedTable, type Speech, savedTable } from './saved-table.ts'

export function periodFile(
  title: string,
  view: UseView,
  labelOf: (atMs: number) => string,
  speech: WordsOf,
): SavedTable {
  const { words, language } = speech
  const unit = formatUnit(view.unit, language)
  const { words: said, figure, count } = columnsOf<UseView['points'][number]>()
  return savedTable({
    title,
    period: `${view.from} ${view.to}`,
    rows: view.points,
    columns: [
      said(words.steps[view.grain], ({ atMs }) => labelOf(atMs)),
      figure(words.thisPeriod, unit, ({ value }) => value),
      count(words.known, ({ hoursKnown }) => hoursKnown),
      count(`${words.known} (max)`, ({ hoursExpected }) => hoursExpected),
      figure(words.yearBefore, unit, ({ before }) => before?.value),
      count(`${words.yearBefore} · ${words.known}`, ({ before }) => before?.hoursKnown),
    ],
  })
}

export const dateOf = (atMs: number): string => dayLabel(dayOf(atMs))

export function flowFile(title: string, view: FlowView, nameOf: (id: string) => string, speech: WordsOf): SavedTable {
  const { words, language, text } = speech
  const { words: said, figure, count } = columnsOf<FlowView['rows'][number]>()
  return savedTable({
    title,
    period: view.month,
    rows: view.rows,
    columns: [
      said(text.saving.code, ({ meter }) => meter),
      said(text.meter, ({ meter }) => nameOf(meter)),
      said(words.behind, ({ parent }) => parent),
      said(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      figure(words.amount, '', ({ amount }) => amount),
      figure(words.rest, '', ({ rest }) => rest),
      figure(words.inCoal, 'kgce', ({ amount, kgcePerUnit }) => coalOf(amount, kgcePerUnit)),
      count(text.knownHours, ({ hoursKnown }) => hoursKnown),
    ],
  })
}

export const coalOf = (amount: number | null, perUnit: number | null): number | null =>
  amount === null || perUnit === null ? null : amount * perUnit

type WordsOf = Speech & { words: UseWords }
