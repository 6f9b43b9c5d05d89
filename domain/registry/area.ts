// Finds the path of an area up to the province.

import type { Area } from './records.ts'

/** The code and its parents' codes, lowest first. The path of an unknown code is the code alone. */
export function areaPathOf(code: string, areas: ReadonlyMap<string, Area>): string[] {
  const path: string[] = []
  for (let at: string | undefined = code; at !== undefined && !path.includes(at); at = areas.get(at)?.parent)
    path.push(at)
  return path
}
