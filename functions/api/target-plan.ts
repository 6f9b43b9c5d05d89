// Routes of the decomposition of targets (目标分解): checks whether the parts' targets fit the whole's, and proposes
// targets that do.

import * as z from 'zod'
import { monthOf } from '../../domain/calendar.ts'
import { byMonth, rollingYear } from '../../domain/energy/subject-month.ts'
import type { Indicator } from '../../domain/indicator.ts'
import { checkDecomposition, decompose } from '../../domain/judge/target-plan.ts'
import { targetSchema } from '../../domain/registry/records.ts'
import { planProposalSchema, planViewSchema } from '../../domain/view/target-plan.ts'
import { subjectMonths } from '../judging/judgement.ts'
import { daysToCut } from '../judging/subject-year.ts'
import { areaOf } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

export const targetPlanRoutes = {
  ...route('GET /api/v1/areas/{code}/target-plan', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Whether the targets of the parts of an area fit its own, year by year',
    response: planViewSchema,
    async handle(context) {
      const { registry } = context
      const area = await areaOf(context)
      const children = await partsOf(area.code, context)
      const targets = (await Promise.all(children.map((child) => registry.targets(child)))).flat()
      const sizes = await sizesOf(children, context)
      const parent = await registry.targets(area.code)
      const sizeOf = (child: string, indicator: Indicator) => sizes.get(child)?.[SIZE_OF[indicator] ?? ''] ?? null
      return { area: area.code, children, ...checkDecomposition({ parent, children, targets, sizeOf }) }
    },
  }),
  ...route('POST /api/v1/areas/{code}/target-plan', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Proposes targets of the parts that sum to a target; nothing is stored',
    body: z.object({
      target: targetSchema,
      shares: z.array(
        z.union([
          z.object({ subject: z.string(), baseValue: z.number() }),
          z.object({ subject: z.string(), weight: z.number() }),
        ]),
      ),
    }),
    response: planProposalSchema,
    async handle(context, { body: { target, shares } }) {
      const area = await areaOf(context)
      if (target.subject !== area.code)
        throw new ApiProblem(400, 'Bad request', `the target is of "${target.subject}"`, { field: 'target.subject' })
      return decompose(target, shares)
    },
  }),
}

const SIZE_OF: Partial<Record<Indicator, 'floorAreaM2' | 'energyUsers' | 'waterUsers'>> = {
  energyPerArea: 'floorAreaM2',
  co2PerArea: 'floorAreaM2',
  energyPerCapita: 'energyUsers',
  waterPerCapita: 'waterUsers',
}

/** Sizes of a rolling year as of now, by child. */
async function sizesOf(children: readonly string[], { platform }: RouteContext) {
  const nowMs = platform.now()
  const month = monthOf(nowMs)
  const found = await Promise.all(
    children.map(async (child) => {
      const months = byMonth(await subjectMonths(platform.state, child, month, daysToCut(month)))
      const energy = rollingYear(months, nowMs, 'energy')
      const water = rollingYear(months, nowMs, 'water')
      const { floorAreaM2 = null, energyUsers = null } = energy ?? {}
      const sizes: Record<string, number | null> = { floorAreaM2, energyUsers, waterUsers: water?.waterUsers ?? null }
      return [child, sizes] as const
    }),
  )
  return new Map(found)
}

/** The child areas, or the institutions of a county. */
async function partsOf(code: string, { registry }: RouteContext): Promise<string[]> {
  const below = (await registry.areas()).filter(({ parent }) => parent === code).map((area) => area.code)
  return below.length > 0 ? below : (await registry.shard(code)).institutions.map(({ id }) => id)
}
