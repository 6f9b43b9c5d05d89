// Routes of areas: children, status, access of the institutions, and freshness of the totals.

import { monthOf } from '../../domain/calendar.ts'
import { sumAccess } from '../../domain/energy/access.ts'
import { areasIn } from '../../domain/registry/area.ts'
import { type Area, isRead } from '../../domain/registry/records.ts'
import { type AccessView, accessViewSchema } from '../../domain/view/access.ts'
import {
  type AreaStatusView,
  type AreaView,
  areaStatusViewSchema,
  areaViewSchema,
  freshnessViewSchema,
} from '../../domain/view/view.ts'
import { accessKey } from '../judging/access.ts'
import { countyOf } from '../judging/county.ts'
import { assessedKey, institutionsToRejudge, judgedByOf } from '../judging/fingerprint.ts'
import { dualControlOf, latestMonth } from '../judging/judgement.ts'
import { remembered } from '../judging/remembered.ts'
import { ancestors, parentOf, shardsBelow } from '../registry/reader.ts'
import { settledKey, unsettledMeters } from '../settling/mark.ts'
import { readResettlings } from '../settling/review.ts'
import { hasNewFormulas } from '../settling/virtual-days.ts'
import { dirtyKey } from '../state/dirty.ts'
import { areaOf, monthQuery } from './query.ts'
import { type RouteContext, route } from './route.ts'

export const areaRoutes = {
  ...route('GET /api/v1/areas/{code}', {
    access: { action: 'field', at: { area: 'code' } },
    summary: 'An area and the areas below it',
    response: areaViewSchema,
    handle: async (context) => areaView(await areaOf(context), context),
  }),

  ...route('GET /api/v1/areas/{code}/status', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Dual control of an area and of each area below it',
    query: monthQuery,
    response: areaStatusViewSchema,
    async handle(context, { query }): Promise<AreaStatusView> {
      const { platform, registry } = context
      const area = await areaOf(context)
      const nowMs = platform.now()
      const month = query.month ?? (await latestMonth(platform.state, area.code, nowMs)) ?? monthOf(nowMs)
      const areas = await registry.areas()
      const judged = (one: Area) => {
        const name = `${one.code} ${month}`
        return remembered(platform.state, { name, revision: context.head.revision, asOfMs: nowMs }, (state) =>
          dualControlOf(state, registry, {
            ...{ subject: one.code, area: one.code, profileArea: parentOf(one.code, areas) },
            ...{ month, nowMs },
          }),
        )
      }
      const children = areasIn(areas, month).filter(({ parent }) => parent === area.code)
      return {
        area: await areaView(area, context),
        dualControl: await judged(area),
        children: await Promise.all(
          children.map(async (child) => ({
            code: child.code,
            name: child.name,
            nameEn: child.nameEn ?? null,
            institutionCount: await institutionCount(child.code, context),
            dualControl: await judged(child),
          })),
        ),
      }
    },
  }),

  ...route('GET /api/v1/areas/{code}/access', {
    access: { action: 'field', at: { area: 'code' } },
    summary: 'How many institutions of an area, and how much floor area, have meters, bills alone, or neither',
    response: accessViewSchema,
    async handle(context): Promise<AccessView> {
      const { platform, registry } = context
      const { code } = await areaOf(context)
      const docs = await platform.state.getMany((await shardsBelow(code, context)).map(accessKey))
      const stored = new Map(docs.map(({ key, value }) => [key, value]))
      const accessIn = async (area: string): Promise<AccessView['access']> => {
        const counted = (await shardsBelow(area, context)).map((shard) => stored.get(accessKey(shard))?.access)
        const known = counted.filter((access) => access !== undefined)
        return known.length === counted.length ? sumAccess(known) : null
      }
      const children = (await registry.areas()).filter(({ parent }) => parent === code)
      return {
        area: code,
        asOfMs: docs.length > 0 ? Math.min(...docs.map(({ value }) => value.asOfMs)) : null,
        access: await accessIn(code),
        children: await Promise.all(
          children.map(async (child) => ({ code: child.code, access: await accessIn(child.code) })),
        ),
      }
    },
  }),

  ...route('GET /api/v1/areas/{code}/freshness', {
    access: { action: 'field', at: { area: 'code' } },
    summary: 'How many readings stand in an area, and whether all of them are in its totals and those above it',
    response: freshnessViewSchema,
    async handle(context) {
      const { platform, registry } = context
      const area = await areaOf(context)
      const shards = await shardsBelow(area.code, context)
      const areas = await registry.areas()
      let readings = 0
      let upToDate = true
      const resettlings = await readResettlings(platform.state)
      for (const shard of shards) {
        const records = await registry.shard(shard)
        const read = records.meters.filter(isRead)
        const meters = read.map(({ id }) => id)
        const settled = await platform.state.get(settledKey(shard))
        const { touched } = await platform.readings.touchedSince(meters, settled?.value.mark)
        const assessed = await platform.state.get(assessedKey(shard))
        const county = await countyOf(registry, shard)
        const judgedBy = judgedByOf(county, shard, county)
        upToDate &&=
          touched.length === 0 &&
          unsettledMeters(read, settled?.value).length === 0 &&
          !meters.some((id) => resettlings.has(id)) &&
          !(await hasNewFormulas(platform.state, shard, records.meters)) &&
          institutionsToRejudge(judgedBy, assessed?.value).length === 0
        readings += await platform.readings.count(meters)
      }
      const related = new Set(shards.flatMap((shard) => [shard, ...ancestors(shard, areas)]))
      const marks = await platform.state.getMany([...related].map(dirtyKey))
      upToDate &&= marks.every(({ value }) => Object.keys(value).length === 0)
      return { upToDate, readings }
    },
  }),
}

async function institutionCount(code: string, context: RouteContext): Promise<number> {
  const shards = await Promise.all((await shardsBelow(code, context)).map((shard) => context.registry.shard(shard)))
  return shards.reduce((sum, { institutions }) => sum + institutions.length, 0)
}

async function areaView(area: Area, context: RouteContext): Promise<AreaView> {
  const children = (await context.registry.areas()).filter(({ parent }) => parent === area.code)
  return {
    code: area.code,
    name: area.name,
    nameEn: area.nameEn ?? null,
    level: area.level,
    parent: area.parent ?? null,
    children: children.map(({ code, name, nameEn }) => ({ code, name, nameEn: nameEn ?? null })),
    institutionCount: await institutionCount(area.code, context),
  }
}
