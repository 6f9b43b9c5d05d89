// The routes by which records come into the registry, and by which the tables that judging rests on are read.

import * as z from 'zod'
import { billSchema } from '../../domain/energy/bill.ts'
import { tariffSchema } from '../../domain/energy/tariff.ts'
import { must } from '../../domain/must.ts'
import {
  areaSchema,
  gatewaySchema,
  institutionSchema,
  meterSchema,
  targetSchema,
} from '../../domain/registry/records.ts'
import { TABLE_KINDS, TABLES, tableRowId } from '../../domain/standards/tables.ts'
import { importViewSchema, tableViewSchema } from '../../domain/view/registry.ts'
import { importInto } from '../judging/import-records.ts'
import { importedTables } from '../registry/reader.ts'
import { Problem, route } from './route.ts'

export const registryRoutes = {
  ...route('PUT /api/v1/registry', {
    summary: 'Adds records to the registry or replaces them: all of them, or none when one is wrong',
    role: 'admin',
    body: z.object({
      areas: z.array(areaSchema).optional(),
      institutions: z.array(institutionSchema).optional(),
      gateways: z.array(gatewaySchema.extend({ password: z.string().min(1).optional() })).optional(),
      meters: z.array(meterSchema).optional(),
      targets: z.array(targetSchema).optional(),
      tariffs: z.array(tariffSchema).optional(),
      bills: z.array(billSchema).optional(),
      quotas: z.array(TABLES.quotas.schema).optional(),
      coefficients: z.array(TABLES.coefficients.schema).optional(),
      co2Factors: z.array(TABLES.co2Factors.schema).optional(),
      fuelFactors: z.array(TABLES.fuelFactors.schema).optional(),
      pueGrades: z.array(TABLES.pueGrades.schema).optional(),
      eueQuotas: z.array(TABLES.eueQuotas.schema).optional(),
      demonstrationLadders: z.array(TABLES.demonstrationLadders.schema).optional(),
      keyEnergyUsers: z.array(TABLES.keyEnergyUsers.schema).optional(),
      rankingRules: z.array(TABLES.rankingRules.schema).optional(),
    }),
    response: importViewSchema,
    async handle({ platform }, { body }) {
      const outcome = await importInto(platform, body)
      if (!('problems' in outcome)) return outcome
      const { problems } = outcome
      const { kind, id, field, reason } = must(problems[0])
      throw new Problem(422, 'Registry refused', `${kind} "${id}": ${field} ${reason}`, { problems })
    },
  }),
  ...route('GET /api/v1/tables/{table}', {
    summary: 'The rows in force of a table: quotas, coefficients, factors, grades, ladders, thresholds',
    response: tableViewSchema,
    async handle({ platform, registry, path }) {
      const table = TABLE_KINDS.find((kind) => kind === path.table)
      if (!table) throw new Problem(404, 'Not found', `no table "${path.table}"; there are ${TABLE_KINDS.join(', ')}`)
      const own = new Set((await importedTables(platform.state))[table].map((row) => tableRowId(table, row)))
      const rows = (await registry.tables())[table].map((row) => ({
        ...row,
        imported: own.has(tableRowId(table, row)),
      }))
      return { table, rows }
    },
  }),
}
