// Counts what is known of institutions at all (接入率): those with meters, those with bills alone, those with neither,
// by number and by floor area (docs/rules/energy-and-carbon.md#access).

import { addMonths, monthOf } from '../calendar.ts'
import { CARRIERS } from '../medium.ts'
import { institutionOn, metersOn } from '../registry/dated.ts'
import type { Institution, Meter } from '../registry/records.ts'
import { sizeOn } from '../registry/size.ts'
import type { Bill } from './bill.ts'

/** The first that holds. `metered`: a main energy meter; `billed`: an energy bill of the last 12 months. */
export const ACCESS_KINDS = ['metered', 'billed', 'neither'] as const
export type AccessKind = (typeof ACCESS_KINDS)[number]

export interface AccessGroup {
  institutions: number
  /** Of those whose floor area is registered; null when there are institutions and none is. */
  floorAreaM2: number | null
  withoutFloorArea: number
}
export type AccessCounts = Record<AccessKind, AccessGroup>

/** Months before the present one whose bills say that an institution is billed. */
const BILLED_MONTHS = 12

interface AccessInput {
  institutions: readonly Institution[]
  /** By institution. */
  metersOf: ReadonlyMap<string, readonly Meter[]>
  billsOf: ReadonlyMap<string, readonly Bill[]>
  nowMs: number
}

/** The institutions that are open at `nowMs`, each in one group. */
export function accessOf({ institutions, metersOf, billsOf, nowMs }: AccessInput): AccessCounts {
  const present = monthOf(nowMs)
  const first = addMonths(present, -BILLED_MONTHS)
  const isMetered = (id: string): boolean =>
    metersOn(metersOf.get(id) ?? [], nowMs).some(
      ({ role, kind, medium }) => role === 'main' && kind !== 'offline' && isEnergy(medium),
    )
  // Fuel of vehicles says nothing about the building.
  const isBilled = (id: string): boolean =>
    (billsOf.get(id) ?? []).some(
      ({ carrier, purpose, month }) =>
        isEnergy(carrier) && purpose !== 'transport' && month >= first && month <= present,
    )
  return sumAccess(
    institutions.flatMap((institution) => {
      const { id, sizes } = institution
      if (!institutionOn(institution, nowMs)) return []
      const kind: AccessKind = isMetered(id) ? 'metered' : isBilled(id) ? 'billed' : 'neither'
      const { floorAreaM2 } = sizeOn(sizes, nowMs)
      return { ...NO_ACCESS, [kind]: { institutions: 1, floorAreaM2, withoutFloorArea: floorAreaM2 === null ? 1 : 0 } }
    }),
  )
}

const isEnergy = (carrier: Bill['carrier']): boolean => {
  const { kind, scope } = CARRIERS[carrier]
  return kind !== 'area' && scope !== null
}

const NONE: AccessGroup = { institutions: 0, floorAreaM2: 0, withoutFloorArea: 0 }
const NO_ACCESS: AccessCounts = { metered: NONE, billed: NONE, neither: NONE }

export const sumAccess = (parts: readonly AccessCounts[]): AccessCounts => ({
  metered: sumGroups(parts.map(({ metered }) => metered)),
  billed: sumGroups(parts.map(({ billed }) => billed)),
  neither: sumGroups(parts.map(({ neither }) => neither)),
})

function sumGroups(groups: readonly AccessGroup[]): AccessGroup {
  const sumOf = (figureOf: (group: AccessGroup) => number): number =>
    groups.reduce((sum, one) => sum + figureOf(one), 0)
  const institutions = sumOf((group) => group.institutions)
  const withoutFloorArea = sumOf((group) => group.withoutFloorArea)
  const isKnown = institutions === 0 || withoutFloorArea < institutions
  return { institutions, floorAreaM2: isKnown ? sumOf((group) => group.floorAreaM2 ?? 0) : null, withoutFloorArea }
}
