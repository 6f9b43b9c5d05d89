// Routes that explain a number, a status, a rating or an alert by its sources.

import * as z from 'zod'
import { type Evidence, evidenceOf } from '../../domain/alert/evidence.ts'
import type { Alert } from '../../domain/alert/life.ts'
import { explainFinding } from '../../domain/alert/text.ts'
import { dayOf, monthOf } from '../../domain/calendar.ts'
import { sameNumber } from '../../domain/explain/chain.ts'
import { INDICATOR_TABLES, INDICATORS, indicatorRow, QUOTA_INDICATORS } from '../../domain/indicator.ts'
import { alertExplainViewSchema, type ExplainCheck, explainViewSchema } from '../../domain/view/explain.ts'
import { alertKeys } from '../alerts/store.ts'
import { dayExplained, dayNamed } from './explain-hours.ts'
import { explain, indicatorTableOf } from './explain-number.ts'
import { areaOf, institutionOf, limitQuery, meterOf, monthQuery, monthShown } from './query.ts'
import { ApiProblem, notFound, type RouteContext, route } from './route.ts'

/** Children or meters listed in one answer; a county has some hundred institutions. */
const LISTED = 25
const areaQuery = monthQuery.extend({
  indicator: z.enum([...INDICATORS, ...QUOTA_INDICATORS]),
  /** energyPerCapita and waterPerCapita are in both tables; without this parameter, dual control's is meant. */
  table: z.enum(INDICATOR_TABLES).optional(),
  limit: limitQuery(LISTED),
  cursor: z.string().optional(),
})
const institutionQuery = areaQuery.extend({
  meter: z.string().optional(),
  day: z.iso.date().optional(),
})

export const explainRoutes = {
  ...route('GET /api/v1/institutions/{id}/explain', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary:
      'Where a number of an institution comes from: formula, months, meters, hours, rows and clause; with meter and day down to the readings',
    query: institutionQuery,
    response: explainViewSchema,
    async handle(context, { query }) {
      const { institution } = await institutionOf(context)
      const question = { ...explained(query), area: institution.area, institution }
      const month = query.month ?? (await monthShown(institution.id, context))
      return explain(context.platform, context.registry, { ...question, month, detail: await dayAsked(query, context) })
    },
  }),
  ...route('GET /api/v1/areas/{code}/explain', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Where a number of an area comes from: its parts, month by month',
    query: areaQuery,
    response: explainViewSchema,
    async handle(context, { query }) {
      const area = await areaOf(context)
      const question = explained(query)
      if (question.table === 'quota')
        throw new ApiProblem(400, 'Bad request', 'an area has no quota; ask for one of its institutions', {
          field: 'table',
        })
      const month = query.month ?? (await monthShown(area.code, context))
      return explain(context.platform, context.registry, { ...question, area: area.code, month })
    },
  }),
  ...route('GET /api/v1/alerts/{id}/explain', {
    access: { action: 'figures', at: { alert: 'id' } },
    summary: 'What an alert says: what was measured, against which value, by which clause, and the chain below it',
    response: alertExplainViewSchema,
    async handle(context) {
      const alert = await alertOf(context)
      const { id, kind, subject, state, finding } = alert
      const { value, asOfMs, facts, limits } = finding
      const said = { zh: explainFinding(finding, 'zh'), en: explainFinding(finding, 'en') }
      return { id, kind, subject, state, value, asOfMs, facts, limits, ...said, ...(await chainOf(alert, context)) }
    },
  }),
}

interface AlertChain {
  chain: Awaited<ReturnType<typeof explain>> | null
  detail: Awaited<ReturnType<typeof dayExplained>>['detail'] | null
  checks: ExplainCheck[]
  evidence: string[]
  now: { value: number | null; asOfMs: number } | null
}

/** The evidence of an alert: the chain of its indicator, or the last day of its meter. */
async function chainOf({ subject, finding }: Alert, context: RouteContext): Promise<AlertChain> {
  const { platform, registry } = context
  const { paths, ratio, chain: asked } = evidenceOf(finding)
  const checks = ratioCheck(finding.value, ratio)
  const nothing: AlertChain = { chain: null, detail: null, checks, evidence: paths, now: null }
  const [day, month] = [dayOf(finding.asOfMs - 1), monthOf(finding.asOfMs - 1)]
  if (subject.type === 'meter') {
    const found = await registry.meter(subject.id)
    if (!found) return nothing
    const explained = await dayExplained(platform, { ...found, day })
    return { ...nothing, detail: explained.detail, checks: [...checks, ...explained.checks] }
  }
  if (!asked) return nothing
  const { table, indicator } = asked
  const institution = (await registry.institution(subject.id))?.institution
  const question = { area: institution?.area ?? subject.id, table, indicator, month, limit: LISTED } as const
  const chain = await explain(platform, registry, { ...question, ...(institution && { institution }) })
  const status = (chain.status ?? {}) as { forecast?: number | null }
  const { forecast = null } = chain.targetFactors ?? status
  const value = asked.now && { forecast, result: chain.result }[asked.now]
  const { asOfMs } = chain
  return { ...nothing, chain, checks: [...nothing.checks, ...chain.checks], now: { value, asOfMs } }
}

/** Checks that the value of an alert follows from its own facts, where it is a ratio of them. */
const ratioCheck = (value: number, ratio: Evidence['ratio']): ExplainCheck[] =>
  ratio ? [sameNumber('rating', 'value of the alert, of its facts', [value, ratio.part / ratio.whole])] : []

function explained({ indicator, table, limit, cursor }: z.output<typeof areaQuery>) {
  const chosen = table ?? indicatorTableOf(indicator)
  if (!indicatorRow(chosen, indicator))
    throw new ApiProblem(400, 'Bad request', `${chosen} has no indicator ${indicator}`, { field: 'indicator' })
  return { table: chosen, indicator, limit, cursor }
}

async function dayAsked({ meter: id, day }: z.output<typeof institutionQuery>, { registry, path }: RouteContext<'id'>) {
  if (id === undefined && day === undefined) return undefined
  if (id === undefined || day === undefined)
    throw new ApiProblem(400, 'Bad request', 'meter and day are asked for together', { field: id ? 'day' : 'meter' })
  const { meter } = await meterOf({ registry, path: { id } })
  if (meter.institution !== path.id) throw notFound('meter', id)
  return { meter, day: dayNamed(day) }
}

async function alertOf({ platform: { state }, path }: RouteContext<'id'>): Promise<Alert> {
  const place = await state.get(alertKeys.place(path.id))
  const { shard, closed } = place?.value ?? { shard: '', closed: false }
  const prefix = closed ? alertKeys.closed(shard) : alertKeys.open(shard)
  const found = place && (await state.query(prefix)).find(({ value }) => value.id === path.id)
  if (!found) throw notFound('alert', path.id)
  return found.value
}
