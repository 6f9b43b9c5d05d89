// Warns of missing data in a valid registry, and names the results that stay unknown because of it. Warnings refuse
// nothing.

import { namedMeters } from '../energy/data-centre-boundary.ts'
import { HEATING } from '../energy/deductions.ts'
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
  const missing = institutions.flatMap((institution, index) =>
    missingOf(institution, metersOf.get(institution.id) ?? []).map(([field, reason]) => ({
      kind: 'institutions' as const,
      id: institution.id,
      index,
      field,
      reason,
    })),
  )
  return [...areaWarnings(registry), ...missing, ...tariffWarnings(registry)]
}

function missingOf(
  { sizes, ...institution }: Institution,
  meters: readonly Meter[],
): [field: string, reason: string][] {
  const states = (field: 'energyUsers' | 'heatedAreaM2' | 'specialAreaM2') =>
    sizes.some((size) => size[field] !== undefined)
  const isHeating = ({ medium, purpose }: Meter) => medium === 'heat' || purpose === HEATING
  const missing: [field: string, reason: string][] = []
  if (meters.length > 0 && !states('energyUsers'))
    missing.push(['energyUsers', 'is not given: energy and water per person stay unknown'])
  if (meters.some(isHeating) && !states('heatedAreaM2'))
    missing.push(['heatedAreaM2', 'is not given: heating energy per heated area stays unknown'])
  if (meters.some(({ purpose }) => purpose?.startsWith('01D')) && !states('specialAreaM2'))
    missing.push(['specialAreaM2', 'is not given: the floor area of special functions stays in the non-heating quota'])
  for (const field of ['pueTotal', 'pueIt', 'eueTotal', 'eueIt'] as const)
    for (const name of institution[field] ?? [])
      if (namedMeters(name, meters).length === 0)
        missing.push([field, `"${name}" is no electricity meter of the institution, nor the purpose of one`])
  return missing
}
