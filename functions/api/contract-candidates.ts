// The route of institutions that should have a contract (docs/rules/contracts.md#candidates). Stored rows say who comes
// into question; these are judged one by one until a page is full of institutions that match.

import * as z from 'zod'
import { addMonths, dayOf, formatInstant, type Month, monthRange } from '../../domain/calendar.ts'
import {
  CANDIDATE_RATINGS,
  type ContractCandidate,
  candidatesPageSchema,
  contractCandidateOf,
  NO_INDICATOR,
  type PerKwh,
} from '../../domain/contract/candidate.ts'
import { coefficientOf } from '../../domain/energy/conversion.ts'
import { pricerOf } from '../../domain/energy/tariff.ts'
import { keyEnergyUserRuleOn } from '../../domain/judge/key-energy-user.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import type { InstitutionRow } from '../../domain/view/view.ts'
import { meanPrice } from '../contracting/series.ts'
import { quotaOf, standardsIn, subjectMonths } from '../judging/judgement.ts'
import { summaryKey } from '../judging/list-rows.ts'
import { daysToCut } from '../judging/subject-year.ts'
import { shardsBelow } from '../registry/reader.ts'
import { areaOf, pageQuery, rowsAfter } from './query.ts'
import { type RouteContext, route } from './route.ts'

const candidateQuery = pageQuery.extend({
  /** `constraint`: only those above 约束值, and those at a threshold. */
  above: z.enum(['constraint', 'benchmark']).default('benchmark'),
  /** Only institutions that used at least as many tce in the last 12 months. */
  tceMin: z.coerce.number().nonnegative().optional(),
})

export const candidateRoutes = route('GET /api/v1/areas/{code}/contract-candidates', {
  access: { action: 'figures', at: { area: 'code' } },
  summary:
    'Institutions above 约束值 or 基准值, the worst first, then those at a dated threshold, and what the next better rating saves',
  query: candidateQuery,
  response: candidatesPageSchema,
  async handle(context, { query: { above, tceMin, ...page } }) {
    const { code } = await areaOf(context)
    const shards = await shardsBelow(code, context)
    const rows = (await Promise.all(shards.map((shard) => context.platform.state.query(summaryKey(shard)))))
      .flat()
      .map(({ value }) => value)
    const wanted = above === 'constraint' ? [CANDIDATE_RATINGS[0]] : CANDIDATE_RATINGS
    const rankOf = ({ rating }: InstitutionRow): number => wanted.map(String).indexOf(rating ?? '')
    const byId = (a: InstitutionRow, b: InstitutionRow): number => (a.id < b.id ? -1 : 1)
    const judged = rows.filter(({ month }) => month !== null)
    const chosen = judged.filter((row) => rankOf(row) >= 0).toSorted((a, b) => rankOf(a) - rankOf(b) || byId(a, b))
    const { keyEnergyUsers } = await context.registry.tables()
    const others = keyEnergyUsers.length === 0 ? [] : judged.filter((row) => rankOf(row) < 0).toSorted(byId)
    const isKept = (one: ContractCandidate): boolean =>
      (one.threshold !== null || wanted.some((rating) => rating === one.rating)) &&
      (tceMin === undefined || (one.energyTce ?? 0) >= tceMin)
    const found: { id: string; own: ContractCandidate[] }[] = []
    // One more than the page shows says whether there is a next one.
    for (const row of rowsAfter([...chosen, ...others], ({ id }) => id, page)) {
      const own = (await candidatesOfRow(row, context)).filter(isKept)
      if (own.length > 0) found.push({ id: row.id, own })
      if (found.length > page.limit) break
    }
    const shown = found.slice(0, page.limit)
    const next = found.length > page.limit ? (shown.at(-1)?.id ?? null) : null
    return { items: shown.flatMap(({ own }) => own), next, institutions: chosen.length }
  },
})

async function candidatesOfRow({ id, month }: InstitutionRow, context: RouteContext) {
  const { platform, registry } = context
  const found = await registry.institution(id)
  if (!found || month === null) return []
  const { institution } = found
  const months = await subjectMonths(platform.state, id, month, daysToCut(month))
  const statuses = await quotaOf(platform.state, registry, { institution, month, nowMs: platform.now(), months })
  const lastMs = monthRange(month).toMs - 1
  const size = sizeOn(institution.sizes, lastMs)
  const year = months.filter((one) => one.month <= month && one.month > addMonths(month, -12))
  const energyTce = year.length < 12 ? null : year.reduce((sum, one) => sum + one.energyKgce, 0) / 1000
  const { keyEnergyUsers: rules } = await registry.tables()
  const areaPath = await registry.path(institution.area)
  const rule = keyEnergyUserRuleOn(formatInstant(lastMs).slice(0, 10), { institution, areaPath, rules })
  const isReached = rule !== undefined && energyTce !== null && energyTce >= rule.thresholdTce
  const threshold = isReached ? { tce: rule.thresholdTce, validFrom: rule.validFrom, source: rule.source } : null
  const per = await perKwh(institution, month, context)
  const known = statuses.flatMap((status) => contractCandidateOf(status, size, { ...per, anyRating: isReached }) ?? [])
  const shown = known.length === 0 && isReached ? [NO_INDICATOR] : known
  return shown.map((one) => ({ institution: id, name: institution.name, energyTce, threshold, ...one }))
}

async function perKwh(institution: Institution, month: Month, { registry }: RouteContext): Promise<PerKwh> {
  const sources = { areas: await registry.areas(), tables: await registry.tables() }
  const { quota, co2 } = standardsIn(sources, institution.area, month)
  const subjects = [institution.id, ...(await registry.path(institution.area))]
  const pricer = pricerOf(await registry.tariffs(), { subjects, medium: 'electricity' })
  const day = dayOf(monthRange(month).toMs) - 1
  return {
    kgce: coefficientOf('electricity', quota).value,
    kgCo2: co2.electricity.value,
    yuan: pricer ? meanPrice(pricer, day, undefined) : null,
  }
}
