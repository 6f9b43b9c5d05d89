// Routes that import records into the registry and that read the tables behind judging.

import * as z from 'zod'
import { importLeaveSchema, registryPartSchema } from '../../domain/import/kinds.ts'
import { must } from '../../domain/must.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import {
  ALTERNATIVE_NAMES,
  ALTERNATIVES,
  type AlternativeRows,
  adoptableFrom,
} from '../../domain/standards/alternatives.ts'
import { nationalFall, PLAN_TARGETS } from '../../domain/standards/plans.ts'
import { TABLE_KINDS, tableRowId } from '../../domain/standards/tables.ts'
import { daysInForce } from '../../domain/standards/working-days.ts'
import {
  alternativesViewSchema,
  calendarViewSchema,
  importPreviewSchema,
  importViewSchema,
  plansViewSchema,
  tableViewSchema,
  targetsViewSchema,
} from '../../domain/view/registry.ts'
import { signer } from '../access/principal.ts'
import { importInto } from '../judging/import-records.ts'
import { previewImport } from '../judging/preview.ts'
import { importedTables } from '../registry/reader.ts'
import { yearQuery } from './query.ts'
import { ApiProblem, route } from './route.ts'

export const registryRoutes = {
  ...route('PUT /api/v1/registry', {
    access: { action: 'operate', at: 'registry' },
    summary: 'Adds records to the registry or replaces them: all of them, or none when one is wrong',
    body: registryPartSchema.extend(importLeaveSchema.shape),
    response: importViewSchema,
    async handle({ platform, principal }, { body: { rewritePast, stated, ...records } }) {
      const who = signer(principal, undefined)
      const outcome = await importInto(platform, records, { rewritePast, stated, who })
      if (!('problems' in outcome)) return outcome
      const { problems } = outcome
      const { kind, id, field, reason } = must(problems[0])
      throw new ApiProblem(422, 'Registry refused', `${kind} "${id}": ${field} ${reason}`, { problems })
    },
  }),
  ...route('POST /api/v1/registry/preview', {
    access: { action: 'operate', at: 'registry' },
    summary: 'What an import would change, closed months named; nothing is stored',
    body: registryPartSchema.extend(importLeaveSchema.shape),
    response: importPreviewSchema,
    handle: ({ platform }, { body: { rewritePast, stated, ...records } }) =>
      previewImport(platform, records, { rewritePast, stated }),
  }),
  ...route('GET /api/v1/targets', {
    access: { action: 'figures', at: { list: ['area', 'institution'] } },
    summary: 'Targets as registered: of an area and those below it, or of an institution',
    query: z.object({ area: z.string().optional(), institution: z.string().optional() }),
    response: targetsViewSchema,
    async handle({ registry, scope }, { query: { area, institution } }) {
      if (institution !== undefined) return { items: await registry.targets(institution) }
      const areas = await registry.areas()
      const byCode = await registry.areasByCode()
      const own = areas
        .map(({ code }) => ({ code, path: areaPathOf(code, byCode) }))
        .filter(({ path }) => scope.covers({ areas: path }) && (area === undefined || path.includes(area)))
      return { items: (await Promise.all(own.map(({ code }) => registry.targets(code)))).flat() }
    },
  }),
  ...route('GET /api/v1/tables/{table}', {
    access: { action: 'published', at: 'nowhere' },
    summary: 'The rows in force of a table: quotas, coefficients, factors, grades, ladders, thresholds',
    response: tableViewSchema,
    async handle({ platform, registry, path }) {
      const table = TABLE_KINDS.find((kind) => kind === path.table)
      if (!table)
        throw new ApiProblem(404, 'Not found', `no table "${path.table}"; there are ${TABLE_KINDS.join(', ')}`)
      const own = new Set((await importedTables(platform.state))[table].map((row) => tableRowId(table, row)))
      const rows = (await registry.tables())[table].map((row) => ({
        ...row,
        imported: own.has(tableRowId(table, row)),
      }))
      return { table, rows }
    },
  }),
  ...route('GET /api/v1/alternatives', {
    access: { action: 'published', at: 'nowhere' },
    summary:
      'Published coefficients and factors that an area may adopt by the table `adoptions`; they hold nowhere else',
    response: alternativesViewSchema,
    async handle() {
      const alternatives = ALTERNATIVE_NAMES.map((alternative) => {
        const { coefficients, co2Factors, fuelFactors }: AlternativeRows = ALTERNATIVES[alternative]
        const rows = { coefficients: [...coefficients], co2Factors: [...co2Factors], fuelFactors: [...fuelFactors] }
        return { alternative, adoptableFrom: adoptableFrom(alternative), ...rows }
      })
      return { alternatives }
    },
  }),
  ...route('GET /api/v1/plans', {
    access: { action: 'published', at: 'nowhere' },
    summary:
      'The published targets of five-year plans; a target of a subject may adopt a national percentage by `plan`',
    response: plansViewSchema,
    async handle() {
      return {
        targets: PLAN_TARGETS.map((row) => ({ ...row, adoptable: nationalFall(row.id, row.indicator) === row })),
      }
    },
  }),
  ...route('GET /api/v1/calendar', {
    access: { action: 'published', at: 'nowhere' },
    summary: 'The days that differ from Monday to Friday, by date; `year`: only those of the year',
    query: yearQuery,
    response: calendarViewSchema,
    async handle({ registry }, { query: { year } }) {
      const imported = await registry.calendar()
      const own = new Set(imported.map(({ date }) => date))
      const days = daysInForce(imported).filter(({ date }) => year === undefined || date.startsWith(`${year}-`))
      return { days: days.map((day) => ({ ...day, imported: own.has(day.date) })) }
    },
  }),
}
