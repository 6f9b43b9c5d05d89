// Warns of missing or doubtful data in a valid registry, and names the results that stay unknown because of it.
// Warnings refuse nothing.

import { namedMeters } from '../energy/data-centre-boundary.ts'
import { HEATING } from '../energy/deductions.ts'
import { creditCodeDoubt } from '../registry/credit-code.ts'
import type { Institution, Meter } from '../registry/records.ts'
import { areaWarnings } from './area-warning.ts'
import type { RegistryProblem } from './check.ts'
import type { Registry } from './registry.ts'
import { tariffWarnings } from './tariff-warning.ts'

/** Warnings of areas, of institutions in their order, and of tariffs. */
export function warnRegistry(
  registry: Pick<Registry, 'areas' | 'institutions' | 'meters' | 'co2Factors' | 'tariffs' | 'calendar'>,
): RegistryProblem[] {
  const { institutions, meters } = registry
  const metersOf = Map.groupBy(meters, ({ institution }) => institution)
  const gaps = institutions.flatMap((institution, index) =>
    gapsOf(institution, metersOf.get(institution.id) ?? []).map(([field, reason]) => ({
      kind: 'institutions' as const,
      id: institution.id,
      index,
      field,
      reason,
    })),
  )
  return [...areaWarnings(registry), ...gaps, ...tariffWarnings(registry)]
}

function gapsOf({ sizes, ...institution }: Institution, meters: readonly Meter[]): [field: string, reason: string][] {
  const states = (field: 'energyUsers' | 'heatedAreaM2' | 'specialAreaM2') =>
    sizes.some((size) => size[field] !== undefined)
  const isHeating = ({ medium, purpose }: Meter) => medium === 'heat' || purpose === HEATING
  const gaps: [field: string, reason: string][] = []
  if (meters.length > 0 && !states('energyUsers'))
    gaps.push(['energyUsers', 'is not given: energy and water per person stay unknown'])
  if (meters.some(isHeating) && !states('heatedAreaM2'))
    gaps.push(['heatedAreaM2', 'is not given: heating energy per heated area stays unknown'])
  if (meters.some(({ purpose }) => purpose?.startsWith('01D')) && !states('specialAreaM2'))
    gaps.push(['specialAreaM2', 'is not given: the floor area of special functions stays in the non-heating quota'])
  const doubt = institution.creditCode && creditCodeDoubt(institution.creditCode)
  if (doubt) gaps.push(['creditCode', `"${institution.creditCode}" ${doubt}: look for a mistyped character`])
  for (const field of ['pueTotal', 'pueIt', 'eueTotal', 'eueIt'] as const)
    for (const name of institution[field] ?? [])
      if (namedMeters(name, meters).length === 0)
        gaps.push([field, `"${name}" is no electricity meter of the institution, nor the purpose of one`])
  return gaps
}
