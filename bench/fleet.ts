// A registry of the size a bench asks for: counties with institutions, a gateway each, electricity meters behind it.

import type { Gateway, Institution, Meter } from '../domain/registry/records.ts'
import type { Platform } from '../functions/platform.ts'
import { importRegistry } from '../functions/registry/import.ts'

export interface FleetSize {
  counties: number
  institutionsPerCounty: number
  metersPerInstitution: number
  intervalMinutes: number
}
export interface FleetGateway {
  id: string
  secret: string
  meters: string[]
}

/** Readings of one meter are this far apart, or a multiple of it. */
export const STEP_MS = 60_000
/** A register that rises unevenly, in hundredths of its unit: meter `meter` of its gateway after `step` steps. */
export const registerHundredths = (meter: number, step: number): number =>
  10_000_000 + meter * 1_000_000 + step * 25 + ((step * 2_654_435_761) % 23)

/** Registers the fleet on an empty platform; returns its gateways with their passwords. */
export async function registerFleet(platform: Platform, size: FleetSize): Promise<FleetGateway[]> {
  const counties = Array.from({ length: size.counties }, (_, i) => String(130_101 + i))
  const institutions: Institution[] = counties.flatMap((area) =>
    Array.from({ length: size.institutionsPerCounty }, (_, i) => ({
      id: `${area}-${String(i).padStart(4, '0')}`,
      name: `Institution ${i} of ${area}`,
      area,
      type: 'government',
      sizes: [{ validFrom: '2020-01-01', floorAreaM2: 8_000, energyUsers: 200 }],
    })),
  )
  const gateways: Gateway[] = institutions.map(({ id }) => ({ id: `${id}-G1`, institution: id }))
  const meters: Meter[] = institutions.flatMap(({ id }) =>
    Array.from({ length: size.metersPerInstitution }, (_, i) => ({
      id: `${id}-E${i + 1}`,
      institution: id,
      gateway: `${id}-G1`,
      medium: 'electricity',
      role: 'main',
      kind: 'register',
      unit: 'kWh',
      resolution: 0.01,
      digits: 8,
      multiplier: 1,
      intervalMinutes: size.intervalMinutes,
      stamp: 'end',
      replacements: [],
    })),
  )
  const { problems } = await importRegistry(platform.state, {
    areas: [
      { code: '130000', name: 'Province', level: 'province' },
      { code: '130100', name: 'City', level: 'city', parent: '130000' },
      ...counties.map((code) => ({ code, name: `County ${code}`, level: 'county' as const, parent: '130100' })),
    ],
    institutions,
    gateways,
    meters,
  })
  if (problems.length > 0) throw new Error(`the fleet is not a registry: ${JSON.stringify(problems[0])}`)
  const secrets = new Map(
    (await platform.devices.provision(gateways.map(({ id }) => ({ id })))).map(({ id, secret }) => [id, secret]),
  )
  const metersOf = Map.groupBy(meters, (meter) => meter.gateway)
  return gateways.map(({ id }) => ({
    id,
    secret: secrets.get(id) ?? '',
    meters: (metersOf.get(id) ?? []).map((meter) => meter.id),
  }))
}
