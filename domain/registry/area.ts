// Finds the area above an area, and the path up to the province.

import { AREA_LEVELS, type Area } from './records.ts'

/** The code and its parents' codes, lowest first. The path of an unknown code is the code alone. */
export function areaPathOf(code: string, areas: ReadonlyMap<string, Area>): string[] {
  const path: string[] = []
  for (let at: string | undefined = code; at !== undefined && !path.includes(at); at = areas.get(at)?.parent)
    path.push(at)
  return path
}

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
    if (area.parent !== undefined) return area
    const above = [`${area.code.slice(0, 4)}00`, provinceOf(area.code) ?? '']
    const parent = isDivision(area.code) ? above.find((code) => isAbove(byCode.get(code), area)) : undefined
    return parent === undefined ? area : { ...area, parent }
  })
}

const isAbove = (other: Area | undefined, area: Area): boolean =>
  other !== undefined && AREA_LEVELS.indexOf(other.level) < AREA_LEVELS.indexOf(area.level)

/** Areas without a parent: the highest first, then by code. The first is the root, which totals are shown of. */
export const rootsOf = (areas: readonly Area[]): Area[] =>
  areas
    .filter(({ parent }) => parent === undefined)
    .toSorted((a, b) => AREA_LEVELS.indexOf(a.level) - AREA_LEVELS.indexOf(b.level) || a.code.localeCompare(b.code))
