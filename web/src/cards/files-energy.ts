// Defines the files of energy: carbon ledger, cost, data centre, meters with their hours and events, meter tree,
// changes of closed months, and comparisons of institutions.

import { dayLabel, dayStartMs, HOUR_MS } from '../../../domain/calendar.ts'
import type { CandidatesPage } from '../../../domain/contract/candidate.ts'
import type { CarbonLedger } from '../../../domain/energy/carbon-ledger.ts'
import { DUAL_CONTROL } from '../../../domain/indicator.ts'
import { eventName } from '../../../domain/phrase.ts'
import type { DemonstrationPage, KeyUsersPage, RankingPage } from '../../../domain/view/comparison.ts'
import type { CostView, DataCentreView, TreeView } from '../../../domain/view/energy.ts'
import type { EventView, RevisionsView } from '../../../domain/view/field.ts'
import type { MeterView } from '../../../domain/view/view.ts'
import { allItems } from '../api/pages.ts'
import type { DayAmount, DayHours } from '../charts/day-hours.ts'
import { causeWords } from '../words/cause-words.ts'
import { formatUnit } from '../words/format.ts'
import { columnsOf, type SavedTable, type Speech, savedTable } from './saved-table.ts'

export function ledgerFiles({ rows, year }: CarbonLedger, { text, language }: Speech): SavedTable[] {
  const own = columnsOf<CarbonLedger['rows'][number]>()
  const months = rows.flatMap((row) => row.months.map((month) => ({ ...row, ...month })))
  const monthly = columnsOf<(typeof months)[number]>()
  const name = (row: { source: string }) => text.carriers[row.source] ?? row.source
  return [
    savedTable({
      title: text.ledger,
      period: String(year),
      rows,
      columns: [
        own.words(text.source, name),
        own.words(text.saving.scope, ({ scope }) => text.scopes[scope]),
        own.figure(text.activity, '', ({ activity }) => activity),
        own.words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
        own.figure(text.emissions, 'tCO₂', ({ emissionsT }) => emissionsT),
        own.figure(text.energyEquivalent, 'kgce', ({ energyKgce }) => energyKgce),
        own.figure(text.factor, '', ({ factor }) => factor?.value),
        own.words(`${text.factor} · ${text.saving.unit}`, ({ factor }) => factor?.unit),
        own.words(`${text.factor} · ${text.source}`, ({ factor }) => factor?.source),
        own.figure(text.coefficient, '', ({ coefficient }) => coefficient?.value),
        own.words(`${text.coefficient} · ${text.saving.unit}`, ({ coefficient }) => coefficient?.unit),
        own.words(`${text.coefficient} · ${text.source}`, ({ coefficient }) => coefficient?.name),
      ],
    }),
    savedTable({
      title: text.saving.ledgerMonths,
      period: String(year),
      rows: months,
      columns: [
        monthly.words(text.source, name),
        monthly.words(text.monthRow, ({ month }) => month),
        monthly.figure(text.activity, '', ({ activity }) => activity),
        monthly.words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
        monthly.figure(text.emissions, 'tCO₂', ({ emissionsT }) => emissionsT),
      ],
    }),
  ]
}

export function costFile({ meters, tariffs }: CostView, nameOf: (id: string) => string, speech: Speech): SavedTable {
  const { text, language } = speech
  type Row = Pick<CostView['meters'][number], 'meter' | 'unit' | 'tariffs'> &
    Partial<CostView['meters'][number]['periods'][number]> & { whole: number | null }
  const rows: Row[] = meters.flatMap(({ meter, unit, tariffs: ids, yuan, periods }) =>
    periods.length === 0
      ? [{ meter, unit, tariffs: ids, whole: yuan }]
      : periods.map((period) => ({ meter, unit, tariffs: ids, whole: null, ...period })),
  )
  const { words, figure } = columnsOf<Row>()
  return savedTable({
    title: text.tou,
    rows,
    columns: [
      words(text.saving.code, ({ meter }) => meter),
      words(text.meter, ({ meter }) => nameOf(meter)),
      words(text.period, ({ name }) => (name ? text.periods[name] : null)),
      figure(text.amount, '', ({ amount }) => amount),
      words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      figure(text.costOf, text.yuan, ({ yuan, whole }) => yuan ?? whole),
      words(text.tariff, (row) => row.tariffs.join(' ')),
      words(text.source, (row) =>
        tariffs.flatMap(({ id, source }) => (row.tariffs.includes(id) && source ? [source] : [])).join('; '),
      ),
    ],
  })
}

export function billsFile(rows: CostView['bills'], { text, language }: Speech): SavedTable {
  const { words, figure } = columnsOf<CostView['bills'][number]>()
  return savedTable({
    title: text.bills,
    rows,
    columns: [
      words(text.source, ({ carrier }) => text.carriers[carrier]),
      figure(text.amount, '', ({ quantity }) => quantity),
      words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      figure(text.costOf, text.yuan, ({ costYuan }) => costYuan),
      words(text.bills, ({ source }) => source),
    ],
  })
}

export function dataCentreFiles({ months, hours }: DataCentreView, { text }: Speech): SavedTable[] {
  const monthly = columnsOf<DataCentreView['months'][number]>()
  const hourly = columnsOf<DataCentreView['hours'][number]>()
  return [
    savedTable({
      title: text.tabs.dataCentre,
      rows: months,
      columns: [
        monthly.words(text.monthRow, ({ month }) => month),
        monthly.figure(text.pue, '', ({ pue }) => pue.value),
        monthly.share(text.coverage, ({ pue }) => pue.knownShare),
        monthly.figure(text.centreTotal, 'kWh', ({ totalKwh }) => totalKwh),
        monthly.figure(text.centreIt, 'kWh', ({ itKwh }) => itKwh),
      ],
    }),
    savedTable({
      title: text.pueByHour,
      rows: hours,
      columns: [hourly.time(text.hour, ({ atMs }) => atMs), hourly.figure(text.pue, '', ({ value }) => value)],
    }),
  ]
}

interface MeterSeries {
  meter: MeterView
  label: string
  /** Null: not loaded. */
  hours: DayHours | null
  day: number | null
  days: readonly DayAmount[]
  events: readonly EventView[]
}

/** The hours of the day shown, the days before it, and the register events of these days. */
export function meterFiles({ meter, label, hours, day, days, events }: MeterSeries, speech: Speech): SavedTable[] {
  const { text, language } = speech
  const unit = formatUnit(meter.amountUnit, language)
  const hourly = columnsOf<DayHours['slots'][number]>()
  const daily = columnsOf<DayAmount>()
  const event = columnsOf<EventView>()
  const [first, last] = [days[0], days.at(-1)]
  const period = first && last ? `${dayLabel(first.day)}–${dayLabel(last.day)}` : undefined
  return [
    ...(hours && day !== null
      ? [
          savedTable({
            title: `${text.dailyCurve} ${label}`,
            period: dayLabel(day),
            rows: hours.slots,
            columns: [
              hourly.time(text.hour, ({ hour }) => dayStartMs(day) + hour * HOUR_MS),
              hourly.figure(text.amount, unit, ({ value }) => value),
              hourly.words(text.flag, ({ flag }) => (flag ? text.flags[flag] : null)),
            ],
          }),
        ]
      : []),
    savedTable({
      title: `${text.saving.days} ${label}`,
      period,
      rows: days,
      columns: [
        daily.words(text.day, (row) => dayLabel(row.day)),
        daily.figure(text.amount, unit, ({ value }) => value),
      ],
    }),
    savedTable({
      title: `${text.saving.events} ${label}`,
      period,
      rows: events,
      columns: [
        event.words(text.saving.events, ({ kind }) => eventName(kind)[language]),
        event.time(text.hour, ({ atMs }) => atMs),
        event.words(text.status, ({ state }) => text.reviewStates[state] ?? state),
        event.words(text.remark, ({ details }) =>
          Object.entries(details)
            .map(([name, value]) => `${text.eventDetails[name] ?? name} ${value}`)
            .join('; '),
        ),
      ],
    }),
  ]
}

export function metersFile(
  rows: readonly MeterView[],
  labelOf: (meter: MeterView) => string,
  speech: Speech,
): SavedTable {
  const { text, language } = speech
  const { words, time } = columnsOf<MeterView>()
  return savedTable({
    title: text.meters,
    rows,
    columns: [
      words(text.saving.code, ({ id }) => id),
      words(text.meter, labelOf),
      words(text.medium, ({ medium }) => text.media[medium]),
      words(text.purpose, ({ purpose }) => (purpose === null ? null : (text.purposes[purpose] ?? purpose))),
      words(text.role, ({ role }) => text.roles[role]),
      words(text.saving.unit, ({ amountUnit }) => formatUnit(amountUnit, language)),
      time(text.lastReading, ({ lastReadingAtMs }) => lastReadingAtMs),
    ],
  })
}

export function treeFile({ nodes }: TreeView, nameOf: (id: string) => string, { text, language }: Speech): SavedTable {
  const rows = nodes.flatMap((node) =>
    node.periods.map((period) => ({ ...period, meter: node.meter, unit: node.unit, parts: node.subs })),
  )
  const { words, figure, count } = columnsOf<(typeof rows)[number]>()
  return savedTable({
    title: text.tree,
    rows,
    columns: [
      words(text.saving.code, ({ meter }) => meter),
      words(text.meter, ({ meter }) => nameOf(meter)),
      words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      figure(text.own, '', ({ own }) => own),
      figure(text.generated, '', ({ generated }) => generated),
      figure(text.subs, '', ({ subs }) => subs),
      figure(text.unexplained, '', ({ unexplained }) => unexplained),
      figure('%', '', ({ unexplainedPct }) => unexplainedPct),
      count(text.knownHours, ({ hoursKnown }) => hoursKnown),
      words(text.subs, ({ parts }) => parts.join(' ')),
    ],
  })
}

export function revisionsFile(items: RevisionsView['items'], { text, language }: Speech): SavedTable {
  const rows = items.flatMap((revision) =>
    [...new Set([...Object.keys(revision.before), ...Object.keys(revision.after)])]
      .filter((name) => revision.before[name] !== revision.after[name])
      .map((name) => ({ ...revision, name })),
  )
  const { words, figure, count, time } = columnsOf<(typeof rows)[number]>()
  return savedTable({
    title: text.tabs.revisions,
    period: '',
    rows,
    columns: [
      words(text.monthRow, ({ month }) => month),
      count(text.revision, ({ number }) => number),
      time(text.hour, ({ atMs }) => atMs),
      words(text.name, ({ name }) => name),
      figure(text.report.from, '', ({ before, name }) => before[name]),
      figure(text.report.to, '', ({ after, name }) => after[name]),
      words(text.cause, ({ causes }) => causes.map((cause) => causeWords(cause, text, language)).join('; ')),
    ],
  })
}

interface Compared {
  /** Of the list. */
  path: string
  year: string
  nameOf: (id: string) => string
}

export function demonstrationFile({ path, year, nameOf }: Compared, { text, language }: Speech): SavedTable {
  const { words, figure } = columnsOf<DemonstrationPage['items'][number]>()
  const indicators = ['energyPerArea', 'energyPerCapita', 'waterPerCapita'] as const
  return savedTable({
    title: text.demonstration,
    period: year,
    rows: () => allItems<DemonstrationPage>(path),
    columns: [
      words(text.saving.code, ({ institution }) => institution),
      words(text.institution, ({ institution }) => nameOf(institution)),
      figure(text.points, '', ({ points }) => points),
      figure(text.saving.pointsMax, '', ({ pointsMax }) => pointsMax),
      ...indicators.flatMap((indicator) => {
        const name = text.indicators[indicator]
        const unit = formatUnit(DUAL_CONTROL[indicator].unit, language)
        const of = ({ items }: DemonstrationPage['items'][number]) => items.find((one) => one.indicator === indicator)
        return [
          figure(name, unit, (row) => of(row)?.value),
          figure(`${name} · ${text.saving.mean}`, unit, (row) => of(row)?.mean),
          figure(`${name} · ${text.points}`, '', (row) => of(row)?.points),
        ]
      }),
      figure(text.targetPoints, '', ({ targetPoints }) => targetPoints),
    ],
  })
}

export function leadersFile(
  { path, year, nameOf }: Compared,
  groupOf: (row: RankingPage['items'][number]) => string,
  { text }: Speech,
): SavedTable {
  const { words, figure, count, share } = columnsOf<RankingPage['items'][number]>()
  return savedTable({
    title: text.leaders,
    period: year,
    rows: () => allItems<RankingPage>(path),
    columns: [
      words(text.type, groupOf),
      words(text.saving.code, ({ institution }) => institution),
      words(text.institution, ({ institution }) => nameOf(institution)),
      count(text.saving.rank, ({ rank }) => rank),
      figure(text.actual, '', ({ value }) => value),
      words(text.leader, ({ leader }) => (leader ? text.yes : text.no)),
      share(text.coverage, ({ coverage }) => coverage),
      words(text.saving.reason, ({ reasons }) => reasons.map((reason) => text.exclusions[reason] ?? reason).join('; ')),
    ],
  })
}

export function keyUsersFile({ path, year, nameOf }: Compared, { text }: Speech): SavedTable {
  const { words, figure, count } = columnsOf<KeyUsersPage['items'][number]>()
  return savedTable({
    title: text.keyUsers,
    period: year,
    rows: () => allItems<KeyUsersPage>(path),
    columns: [
      words(text.saving.code, ({ institution }) => institution),
      words(text.institution, ({ institution }) => nameOf(institution)),
      figure(text.indicators.energy, 'tce', ({ energyTce }) => energyTce),
      count(text.saving.monthsKnown, ({ monthsKnown }) => monthsKnown),
      words(text.keyUser, ({ isKey }) => (isKey === null ? null : isKey ? text.yes : text.no)),
      figure(text.rule, 'tce', ({ rule }) => rule?.thresholdTce),
      words(text.source, ({ rule }) => rule?.source),
    ],
  })
}

export function candidatesFile({ path, nameOf }: Omit<Compared, 'year'>, { text, language }: Speech): SavedTable {
  const { words, figure } = columnsOf<CandidatesPage['items'][number]>()
  const own = text.contract.candidates
  return savedTable({
    title: own.title,
    rows: () => allItems<CandidatesPage>(path),
    columns: [
      words(text.saving.code, ({ institution }) => institution),
      words(text.institution, ({ institution }) => nameOf(institution)),
      words(text.rating, ({ rating }) => (rating === null ? null : text.ratings[rating])),
      words(own.indicator, ({ indicator }) => (indicator === null ? null : text.quotaIndicators[indicator])),
      words(text.saving.unit, ({ unit }) => (unit === null ? null : formatUnit(unit, language))),
      figure(own.actual, '', ({ actual }) => actual),
      figure(own.limit, '', ({ limit }) => limit),
      figure(own.saving, 'kWh', ({ savingKwh }) => savingKwh),
      figure(own.saving, text.contract.yuan, ({ savingYuan }) => savingYuan),
      figure(own.saving, 'tCO₂', ({ savingTco2 }) => savingTco2),
      figure(own.saving, 'm³', ({ savingM3 }) => savingM3),
      figure(own.energy, 'tce', ({ energyTce }) => energyTce),
      figure(own.thresholdTce, 'tce', ({ threshold }) => threshold?.tce ?? null),
      words(text.source, ({ standard, standIn }) => (standIn ? `${text.standIn} ${standard ?? ''}`.trim() : standard)),
    ],
  })
}
