// Routes of the statistics forms: an institution's forms with their findings, what people fill in and justify, the
// settings of the checks, and the yearly spot check (docs/rules/report.md#forms).

import { dayLabel, dayOf, monthOf } from '../../domain/calendar.ts'
import { isInService } from '../../domain/registry/dated.ts'
import { CHECK_THRESHOLDS, checkSettingsSchema, type Justification } from '../../domain/report/check-settings.ts'
import { editionOf, periodOf, type ReportPeriod } from '../../domain/report/forms/edition.ts'
import { basicTables } from '../../domain/report/forms/tables.ts'
import { strayEntries } from '../../domain/report/forms/values.ts'
import { drawSpotCheck, type SpotCheck } from '../../domain/report/spot-check.ts'
import {
  checkSettingsBodySchema,
  checkSettingsViewSchema,
  entriesBodySchema,
  type FormsView,
  formsViewSchema,
  justificationsBodySchema,
  spotCheckBodySchema,
  spotCheckViewSchema,
} from '../../domain/report/view.ts'
import { quotaOf } from '../judging/judgement.ts'
import { metersOfInstitution, shardsBelow } from '../registry/reader.ts'
import { checkSettings, formKeys, putAudited } from '../reporting/form-store.ts'
import { findingsOf, formFactsOf, formsOfInstitution, shardRules } from '../reporting/forms.ts'
import { areaOf } from './query.ts'
import { ApiProblem, notFound, type RouteContext, route } from './route.ts'

type FormContext = RouteContext<'institution' | 'period'>
/** Ten years of months, quarters and years. */
const PERIODS_MAX = 200

export const formRoutes = {
  ...route('GET /api/v1/forms/{institution}/{period}', {
    access: { action: 'figures', at: { institution: 'institution' } },
    summary: 'The statistics forms of an institution as they would be reported now, with their findings',
    response: formsViewSchema,
    handle: async (context) => formsView(context, await askedForms(context)),
  }),

  ...route('PUT /api/v1/forms/{institution}/{period}/entries', {
    access: { action: 'prepareReports', at: { institution: 'institution' } },
    summary: 'What a person fills into the forms of a period, by cell; it goes before what the platform computes',
    body: entriesBodySchema,
    response: formsViewSchema,
    async handle(context, { body: { who, version, ...entries } }) {
      const { platform } = context
      const asked = await askedForms(context)
      const stray = strayEntries(editionOf(asked.period), entries)
      if (stray[0]) {
        const { name, reason } = stray[0]
        const problems = stray.map((one) => ({ field: one.name, reason: one.reason }))
        throw new ApiProblem(400, 'Bad request', `${name} ${reason}`, { field: name, problems })
      }
      const key = formKeys.entries(asked.id)
      const before = (await platform.state.get(key))?.value ?? {}
      if (Object.keys(before).length >= PERIODS_MAX && !(asked.period.id in before))
        throw new ApiProblem(422, 'Refused', `"${asked.id}" has entries of ${PERIODS_MAX} periods already`)
      const value = { ...before, [asked.period.id]: { ...entries, who, atMs: platform.now() } }
      const about = `${asked.id}/${asked.period.id}`
      await putAudited(
        platform,
        { key, value, ifVersion: version },
        { what: 'form.entries', about, who, detail: { entries } },
      )
      return formsView(context, asked)
    },
  }),

  ...route('PUT /api/v1/forms/{institution}/{period}/justifications', {
    access: { action: 'prepareReports', at: { institution: 'institution' } },
    summary: 'Why findings of a period are right as they stand; printed with the report that is built next',
    body: justificationsBodySchema,
    response: formsViewSchema,
    async handle(context, { body: { who, version, justifications } }) {
      const { platform } = context
      const asked = await askedForms(context)
      const { id, period } = asked
      const key = formKeys.justifications(id)
      const before = (await platform.state.get(key))?.value ?? []
      const [own, others] = [
        before.filter((one) => one.period === period.id),
        before.filter((one) => one.period !== period.id),
      ]
      const value = [
        ...others,
        ...justifications.map((one) => asJustification(one, { own, id, period, who, atMs: platform.now() })),
      ]
      const about = `${id}/${period.id}`
      const fact = { what: 'form.justifications', about, who, detail: { justifications } }
      await putAudited(platform, { key, value, ifVersion: version }, fact)
      return formsView(context, asked)
    },
  }),

  ...route('GET /api/v1/settings/report-checks', {
    access: { action: 'published', at: 'nowhere' },
    summary: 'Thresholds, reference prices and base year of the checks, as set, and those that are shipped',
    response: checkSettingsViewSchema,
    handle: settingsView,
  }),

  ...route('PUT /api/v1/settings/report-checks', {
    access: { action: 'checkSettings', at: 'registry' },
    summary: 'Sets the dated thresholds, reference prices and the base year of the checks in the place of those set',
    body: checkSettingsBodySchema,
    response: checkSettingsViewSchema,
    async handle(context, { body: { who, version, ...given } }) {
      const value = checkSettingsSchema.parse(given)
      const key = formKeys.settings
      const fact = { what: 'report.settings', about: 'report-checks', who, detail: { ...value } }
      await putAudited(context.platform, { key, value, ifVersion: version }, fact)
      return settingsView(context)
    },
  }),

  ...route('GET /api/v1/areas/{code}/spot-checks/{year}', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'The yearly draw of institutions whose data are checked on the spot',
    response: spotCheckViewSchema,
    async handle(context) {
      const { code } = await areaOf(context)
      const found = await context.platform.state.get(formKeys.spotCheck(code, context.path.year))
      if (!found) throw new ApiProblem(404, 'Not found', `no spot check of ${context.path.year} was drawn in "${code}"`)
      return spotCheckView(found.value, context)
    },
  }),

  ...route('POST /api/v1/areas/{code}/spot-checks/{year}', {
    access: { action: 'drawSamples', at: { area: 'code' } },
    summary: 'Draws at least 5 % of the institutions in service by a seed, once a year; the record can be drawn again',
    body: spotCheckBodySchema,
    response: spotCheckViewSchema,
    async handle(context, { body: { who, seed, share } }) {
      const { platform, path } = context
      const { code } = await areaOf(context)
      if (!/^[12]\d{3}$/.test(path.year))
        throw new ApiProblem(400, 'Bad request', 'year: must be YYYY', { field: 'year' })
      const key = formKeys.spotCheck(code, path.year)
      const before = (await platform.state.get(key))?.value
      if (before) {
        const when = dayLabel(dayOf(before.atMs))
        throw new ApiProblem(409, 'Conflict', `${before.by} drew the spot check of ${path.year} on ${when}`, {
          drawn: before,
        })
      }
      const ids = (await institutionsIn(code, context)).map(({ id }) => id)
      const draw = drawSpotCheck(seed, ids, share)
      const value: SpotCheck = {
        year: Number(path.year),
        area: code,
        seed,
        share,
        ...draw,
        by: who,
        atMs: platform.now(),
      }
      const fact = { what: 'spotCheck.draw', about: `${code}/${path.year}`, who, detail: { ...value } }
      await putAudited(platform, { key, value, ifVersion: 0 }, fact)
      return spotCheckView(value, context)
    },
  }),
}

/** A justification that stands word for word keeps its author and time. */
const asJustification = (
  given: Pick<Justification, 'rule' | 'cell' | 'text'>,
  {
    own,
    id,
    period,
    who,
    atMs,
  }: { own: readonly Justification[]; id: string; period: ReportPeriod; who: string; atMs: number },
): Justification =>
  own.find(({ rule, cell, text }) => rule === given.rule && cell === given.cell && text === given.text) ?? {
    ...given,
    ...{ subject: id, period: period.id, by: who, atMs },
  }

interface AskedForms {
  id: string
  period: ReportPeriod
}

async function askedForms({ registry, platform, path }: FormContext): Promise<AskedForms> {
  if (!(await registry.institution(path.institution))) throw notFound('institution', path.institution)
  const period = readPeriod(path.period)
  if (period.fromMs > platform.now())
    throw new ApiProblem(422, 'Refused', `${period.id} has not begun`, { field: 'period' })
  return { id: path.institution, period }
}

function readPeriod(text: string): ReportPeriod {
  try {
    return periodOf(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ApiProblem(400, 'Bad request', `period: ${error.message}`, { field: 'period' })
  }
}

async function formsView({ platform, registry }: FormContext, { id, period }: AskedForms): Promise<FormsView> {
  const { state } = platform
  const found = await registry.institution(id)
  if (!found) throw notFound('institution', id)
  const { institution, shard } = found
  const month = period.months.at(-1) ?? monthOf(period.fromMs)
  const [settings, stored] = [await checkSettings(state), await state.get(formKeys.entries(id))]
  const rules = await shardRules(shard, { month, settings }, { registry })
  const own = await (await formFactsOf(state, [id], { month, settings }))(id)
  const facts = { institution, meters: metersOfInstitution(await registry.shard(shard), id), ...own }
  const formsIn = formsOfInstitution(facts, rules)
  const forms = formsIn(period)
  if (!forms)
    throw new ApiProblem(422, 'Refused', `"${id}" is not in service at the end of ${period.id}`, { field: 'period' })
  const asOfMs = Math.min(platform.now(), period.toMs)
  const quota = await quotaOf(state, registry, { institution, month: monthOf(asOfMs - 1), nowMs: asOfMs })
  const findings = findingsOf({ ...facts, quota, asOfMs }, period, { formsIn, rules })
  const { values = {}, rooms } = stored?.value[period.id] ?? {}
  return {
    institution: id,
    period: period.id,
    edition: forms.edition,
    tables: basicTables(forms, period),
    entries: { values, ...(rooms && { rooms }) },
    entriesVersion: stored?.version ?? 0,
    findings: findings.map(({ rule, severity, cell, value, limit, message, justification }) => ({
      ...{ rule, severity, cell, value, limit, message, justification },
    })),
    justifications: facts.justifications.filter((one) => one.period === period.id),
    justificationsVersion: (await state.get(formKeys.justifications(id)))?.version ?? 0,
  }
}

async function settingsView({ platform }: Pick<RouteContext, 'platform'>) {
  const stored = await platform.state.get(formKeys.settings)
  return { ...(await checkSettings(platform.state)), version: stored?.version ?? 0, shipped: CHECK_THRESHOLDS }
}

async function institutionsIn(code: string, { registry, head, platform }: RouteContext<'code' | 'year'>) {
  const shards = await shardsBelow(code, { registry, head })
  const all = await Promise.all(shards.map(async (shard) => (await registry.shard(shard)).institutions))
  return all.flat().filter((institution) => isInService(institution, platform.now()))
}

async function spotCheckView(record: SpotCheck, { registry }: Pick<RouteContext, 'registry'>) {
  const institutions = await Promise.all(
    record.drawn.map(async (id) => ({ id, name: (await registry.institution(id))?.institution.name ?? id })),
  )
  return { ...record, institutions }
}
