// Warns of areas whose results reach no area above, and of institutions whose path of areas lacks the province, so that
// its CO2 factor is not found (docs/rules/data.md#area-codes).

import { areaPathOf, isDivision, provinceOf, rootsOf } from '../registry/area.ts'
import type { Area, Institution } from '../registry/records.ts'
import type { Co2Factor } from '../standards/co2-factors.ts'
import { rowsInForce } from '../standards/tables.ts'
import type { RegistryProblem } from './check.ts'
import type { Registry } from './registry.ts'

/** `areas` with the parents that follow from codes (`withParents`). */
export function areaWarnings({
  areas,
  institutions,
  co2Factors = [],
}: Pick<Registry, 'areas' | 'institutions' | 'co2Factors'>): RegistryProblem[] {
  const byCode = new Map(areas.map((area) => [area.code, area]))
  const factors = rowsInForce('co2Factors', co2Factors) as Co2Factor[]
  const withFactor = new Set(factors.filter(({ medium }) => medium === 'electricity').map(({ area }) => area))
  const orphans = orphanReasons(areas)
  const pathReasons = new Map(areas.map(({ code }) => [code, pathReason(areaPathOf(code, byCode), withFactor)]))
  return [
    ...areas.flatMap(({ code, level }, index): RegistryProblem[] => [
      ...warning({ kind: 'areas', id: code, index, field: 'parent' }, orphans.get(code)),
      ...warning(
        { kind: 'areas', id: code, index, field: 'code' },
        level === 'province' && isDivision(code) && !withFactor.has(code)
          ? `no CO2 factor of electricity is known for "${code}": the national one applies`
          : undefined,
      ),
    ]),
    ...institutions.flatMap(({ id, area }: Institution, index) =>
      warning({ kind: 'institutions', id, index, field: 'area' }, pathReasons.get(area)),
    ),
  ]
}

const warning = (place: Omit<RegistryProblem, 'reason'>, reason: string | undefined): RegistryProblem[] =>
  reason === undefined ? [] : [{ ...place, reason }]

/** Several areas without a parent: only the first is the root. */
function orphanReasons(areas: readonly Area[]): Map<string, string> {
  const [root, ...others] = rootsOf(areas)
  const reason = `is not given and does not follow from the code: results do not reach "${root?.code}"`
  return new Map(others.map(({ code }) => [code, reason]))
}

/** A path of division codes without the province; undefined when it has it, or a factor of its own. */
function pathReason(path: readonly string[], withFactor: ReadonlySet<string>): string | undefined {
  if (path.some((code) => withFactor.has(code))) return undefined
  const province = path.map(provinceOf).find((code) => code !== undefined && !path.includes(code))
  if (province === undefined) return undefined
  return `the areas above "${path[0]}" do not reach province "${province}": only the national CO2 factor applies`
}
