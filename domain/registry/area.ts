// Finds the area above an area, in each month, and the path up to the province.

import { type Month, monthRange } from '../calendar.ts'
import { rowOn } from './dated.ts'
import { AREA_LEVELS, type Area } from './records.ts'

/** The code and its parents' codes, lowest first. The path of an unknown code is the code alone. */
export function areaPathOf(code: string, areas: ReadonlyMap<string, Area>): string[] {
  const path: string[] = []
  for (let at: string | undefined = code; at !== undefined && !path.includes(at); at = areas.get(at)?.parent)
    path.push(at)
  return path
}

const inMonths = new WeakMap<readonly Area[], Map<Month, readonly Area[]>>()

/**
 * The areas as they stand in a month, with the parents of that month; those that had not begun or have ended are left
 * out (docs/rules/data.md#areas-by-date). `areas` itself when none is dated. Kept by list and month.
 */
export function areasIn(areas: readonly Area[], month: Month): readonly Area[] {
  if (!areas.some(({ rows }) => rows)) return areas
  const known = inMonths.get(areas) ?? new Map<Month, readonly Area[]>()
  inMonths.set(areas, known)
  const found = known.get(month) ?? areas.flatMap((area) => areaOn(area, monthRange(month).fromMs) ?? [])
  known.set(month, found)
  return found
}

function areaOn({ rows, ...area }: Area, ms: number): Area | undefined {
  if (!rows) return area
  const row = rowOn(rows, ms)
  return row && { ...area, parent: row.parent }
}

/** The path of an area in a month. */
export const pathIn = (areas: readonly Area[], code: string, month: Month): string[] =>
  areaPathOf(code, new Map(areasIn(areas, month).map((area) => [area.code, area])))

/** The areas that an area is, was or will be directly below. */
export const everAbove = ({ parent, rows }: Area): string[] => [
  ...new Set((rows ?? [{ parent }]).flatMap((row) => row.parent ?? [])),
]

/** A code of GB/T 2260: two digits each of the province, the city and the county; 00 for the whole. */
const DIVISION_CODE = /^[1-8]\d{5}$/

export const isDivision = (code: string): boolean => DIVISION_CODE.test(code)

/** The code of the province of a division; its own when it is one. */
export const provinceOf = (code: string): string | undefined =>
  isDivision(code) ? `${code.slice(0, 2)}0000` : undefined

/**
 * The areas with the parents that they do not state, as far as these follow from the code: the nearest registered
 * division of a higher level (docs/rules/data.md#area-codes). What is stated stays.
 */
export function withParents(areas: readonly Area[]): Area[] {
  const byCode = new Map(areas.map((area) => [area.code, area]))
  return areas.map((area) => {
    if (area.parent !== undefined && !area.rows) return area
    const above = [`${area.code.slice(0, 4)}00`, provinceOf(area.code) ?? '']
    const implied = isDivision(area.code) ? above.find((code) => isAbove(byCode.get(code), area)) : undefined
    if (implied === undefined) return area
    const rows = area.rows?.map((row) => ({ ...row, parent: row.parent ?? implied }))
    return { ...area, parent: area.parent ?? implied, ...(rows && { rows }) }
  })
}

const isAbove = (other: Area | undefined, area: Area): boolean =>
  other !== undefined && AREA_LEVELS.indexOf(other.level) < AREA_LEVELS.indexOf(area.level)

/** Areas without a parent: the highest first, then by code. The first is the root, which totals are shown of. */
export const rootsOf = (areas: readonly Area[]): Area[] =>
  areas
    .filter(({ parent }) => parent === undefined)
    .toSorted((a, b) => AREA_LEVELS.indexOf(a.level) - AREA_LEVELS.indexOf(b.level) || a.code.localeCompare(b.code))
