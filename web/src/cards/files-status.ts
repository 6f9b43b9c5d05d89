// Defines the files of judged figures: dual control, quota, areas below, access, institutions, alerts and targets.

import { ACCESS_KINDS, type AccessCounts } from '../../../domain/energy/access.ts'
import { DUAL_CONTROL, type Indicator } from '../../../domain/indicator.ts'
import type { QuotaPace } from '../../../domain/judge/quota-pace.ts'
import type { DualControl, IndicatorStatus, QuotaStatus } from '../../../domain/judge/result.ts'
import { SEVERITY_NAMES } from '../../../domain/phrase.ts'
import type { AlertListView } from '../../../domain/view/alert.ts'
import type { PlanView } from '../../../domain/view/target-plan.ts'
import type { TrendView } from '../../../domain/view/trend.ts'
import type { AreaStatusView, InstitutionRow, Page } from '../../../domain/view/view.ts'
import { allItems } from '../api/pages.ts'
import { formatIndicatorUnit, formatUnit } from '../words/format.ts'
import { columnsOf, type SavedTable, type Speech, savedTable } from './saved-table.ts'

const yesNo = (is: boolean | null | undefined, { text }: Speech): string | null =>
  is === null || is === undefined ? null : is ? text.yes : text.no

export function dualControlFile(title: string, { indicators }: DualControl, speech: Speech): SavedTable {
  const { text, language } = speech
  const { words, figure, share } = columnsOf<IndicatorStatus>()
  return savedTable({
    title,
    rows: indicators,
    columns: [
      words(text.indicator, ({ indicator }) => text.indicators[indicator]),
      words(text.saving.unit, (row) => formatIndicatorUnit(row, language)),
      words(text.status, ({ status }) => (status === null ? text.notJudged : text.statuses[status])),
      figure(text.actual, '', ({ actual }) => actual),
      share(text.coverage, ({ knownShare }) => knownShare),
      figure(text.knownAmount, '', ({ knownPart }) => knownPart),
      words(text.saving.reason, ({ reason }) => (reason === null ? null : text.reasons[reason])),
      figure(text.forecast, '', ({ forecast }) => forecast),
      figure(text.saving.low80, '', ({ low80 }) => low80),
      figure(text.saving.high80, '', ({ high80 }) => high80),
      words(text.saving.basis, ({ forecastBasis }) => (forecastBasis ? text.forecastBases[forecastBasis] : null)),
      figure(text.target, '', ({ target }) => target),
      words(text.targetSource, ({ targetSource }) => targetSource),
      words(text.standInTarget, ({ targetStandIn }) => yesNo(targetStandIn, speech)),
      share(text.ratio, ({ ratio }) => ratio),
      share(text.saving.chance, ({ chance }) => chance),
    ],
  })
}

export function quotaFile(rows: readonly QuotaStatus[], pace: readonly QuotaPace[], speech: Speech): SavedTable {
  const { text, language } = speech
  const { words, figure, share } = columnsOf<QuotaStatus>()
  const paceOf = ({ indicator }: QuotaStatus) => pace.find((one) => one.indicator === indicator)
  return savedTable({
    title: text.quota,
    rows,
    columns: [
      words(text.indicator, ({ indicator }) => text.quotaIndicators[indicator]),
      words(text.saving.unit, ({ unit }) => formatUnit(unit, language)),
      figure(text.actual, '', ({ actual }) => actual),
      share(text.coverage, ({ knownShare }) => knownShare),
      words(text.saving.reason, ({ reason }) => (reason === null ? null : text.reasons[reason])),
      words(text.rating, ({ rating }) => (rating === null ? null : text.ratings[rating])),
      figure(text.saving.toNext, '', ({ toNextRating }) => toNextRating),
      figure(text.constraint, '', ({ constraint }) => constraint),
      figure(text.benchmark, '', ({ benchmark }) => benchmark),
      figure(text.guide, '', ({ guide }) => guide),
      words(text.standard, ({ standard }) => standard),
      words(text.standIn, ({ standIn }) => yesNo(standIn, speech)),
      figure(text.yearToDate, '', (row) => paceOf(row)?.yearToDate),
      share(text.pace, (row) => paceOf(row)?.paceRatio),
      figure(text.projected, '', (row) => paceOf(row)?.projected),
    ],
  })
}

type ChildArea = AreaStatusView['children'][number]

export function childAreasFile(
  rows: readonly ChildArea[],
  accessOf: (row: ChildArea) => number | null,
  { text, language, nameOf }: Speech,
): SavedTable {
  const { words, figure, count, share } = columnsOf<ChildArea>()
  const find = ({ dualControl }: ChildArea, wanted: Indicator) =>
    dualControl?.indicators.find(({ indicator }) => indicator === wanted)
  const indicators = Object.keys(DUAL_CONTROL) as Indicator[]
  return savedTable({
    title: text.childAreas,
    rows,
    columns: [
      words(text.saving.code, ({ code }) => code),
      words(text.area, nameOf),
      words(text.status, ({ dualControl }) => (dualControl?.status ? text.statuses[dualControl.status] : null)),
      words(text.verdict, ({ dualControl }) => (dualControl?.verdict ? text.verdicts[dualControl.verdict] : null)),
      count(text.institutionCount, ({ institutionCount }) => institutionCount),
      ...indicators.flatMap((indicator) => {
        const unit = formatIndicatorUnit({ indicator, unit: DUAL_CONTROL[indicator].unit }, language)
        const name = text.indicators[indicator]
        return [
          figure(name, unit, (row) => find(row, indicator)?.actual),
          share(`${name} · ${text.ratio}`, (row) => find(row, indicator)?.ratio),
        ]
      }),
      share(text.access, accessOf),
      share(text.coverage, ({ dualControl }) => dualControl?.coverage),
    ],
  })
}

export function trendFile(title: string, { trends }: TrendView, { text, language }: Speech): SavedTable {
  const rows = trends.flatMap(({ indicator, unit, months }) => months.map((own) => ({ indicator, unit, ...own })))
  const { words, figure, share } = columnsOf<(typeof rows)[number]>()
  return savedTable({
    title,
    rows,
    columns: [
      words(text.indicator, ({ indicator }) => text.indicators[indicator]),
      words(text.saving.unit, (row) => formatIndicatorUnit(row, language)),
      words(text.month, ({ month }) => month),
      figure(text.amount, '', ({ value }) => value),
      figure(text.work.lastYear, '', ({ yearBefore }) => yearBefore),
      figure(text.work.thisYear, '', ({ cumulative }) => cumulative),
      share(text.coverage, ({ knownShare }) => knownShare),
    ],
  })
}

export function accessFile(counts: AccessCounts, { text }: Speech): SavedTable {
  const { words, figure, count } = columnsOf<(typeof ACCESS_KINDS)[number]>()
  return savedTable({
    title: text.access,
    rows: ACCESS_KINDS,
    columns: [
      words(text.access, (kind) => text.accessKinds[kind]),
      count(text.institutionCount, (kind) => counts[kind].institutions),
      figure(text.floorArea, 'm²', (kind) => counts[kind].floorAreaM2),
      count(text.saving.withoutFloorArea, (kind) => counts[kind].withoutFloorArea),
    ],
  })
}

/** `path`: of the list as it is filtered. */
export function institutionsFile(title: string, path: string, { text, language, nameOf }: Speech): SavedTable {
  const { words, figure, share } = columnsOf<InstitutionRow>()
  const unitOf = (indicator: Indicator) => formatUnit(DUAL_CONTROL[indicator].unit, language)
  return savedTable({
    title,
    rows: () => allItems<Page<InstitutionRow>>(path),
    columns: [
      words(text.saving.code, ({ id }) => id),
      words(text.institution, nameOf),
      words(text.saving.code, ({ area }) => area),
      words(text.area, ({ areaName }) => areaName),
      words(text.type, ({ type, venueKind }) => (venueKind ? text.venueKinds[venueKind] : text.types[type])),
      words(text.month, ({ month }) => month),
      words(text.rating, ({ rating, quotaIssued }) =>
        rating === null ? (quotaIssued === false ? text.noQuota : text.notJudged) : text.ratings[rating],
      ),
      words(text.dualControl, ({ status }) => (status === null ? text.notJudged : text.statuses[status])),
      figure(text.indicators.energyPerArea, unitOf('energyPerArea'), (row) => row.energyPerAreaKgce),
      figure(text.indicators.energyPerCapita, unitOf('energyPerCapita'), (row) => row.energyPerCapitaKgce),
      figure(text.indicators.waterPerCapita, unitOf('waterPerCapita'), (row) => row.waterPerCapitaM3),
      share(text.coverage, ({ coverage }) => coverage),
    ],
  })
}

/** `path`: of the list as it is filtered. */
export function alertsFile(title: string, path: string, { text, language }: Speech): SavedTable {
  const { words, figure, time } = columnsOf<AlertListView['items'][number]>()
  return savedTable({
    title,
    rows: () => allItems<AlertListView>(path),
    columns: [
      words(text.saving.code, ({ id }) => id),
      words(text.severity, ({ severity }) => SEVERITY_NAMES[severity][language]),
      words(text.alertKind, (row) => row.text[language].name),
      words(text.alertState, ({ state }) => text.alertStates[state]),
      words(text.where, ({ where }) => where[language]),
      words(text.area, ({ area }) => area),
      words(text.institution, ({ institution }) => institution),
      words(text.measured, (row) => row.text[language].measured),
      words(text.against, (row) => row.text[language].against),
      words(text.clause, (row) => row.text[language].clause),
      figure(text.latestValue, '', ({ value }) => value),
      figure(text.worstValue, '', ({ worst }) => worst),
      words(text.saving.unit, ({ unit }) => text.alertUnits[unit] ?? unit),
      time(text.since, ({ sinceMs }) => sinceMs),
      time(text.raisedAt, ({ raisedMs }) => raisedMs),
      time(text.acknowledgedAt, ({ acknowledgedMs }) => acknowledgedMs),
      time(text.clearedAt, ({ clearedMs }) => clearedMs),
    ],
  })
}

export function planFile(rows: PlanView['years'], period: string | undefined, speech: Speech): SavedTable {
  const { text, language } = speech
  const { words, figure, count } = columnsOf<PlanView['years'][number]>()
  return savedTable({
    title: text.plan,
    period,
    rows,
    columns: [
      words(text.indicator, ({ indicator }) => text.indicators[indicator]),
      words(text.saving.unit, ({ indicator }) =>
        formatIndicatorUnit({ indicator, unit: DUAL_CONTROL[indicator].unit }, language),
      ),
      count(text.year, ({ year }) => year),
      figure(text.parentTarget, '', ({ parent }) => parent),
      figure(text.childrenTarget, '', ({ children }) => children),
      words(text.fits, ({ fits }) => yesNo(fits, speech)),
      words(text.noTarget, ({ without }) => without.join(' ')),
    ],
  })
}
