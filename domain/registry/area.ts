// The path of an area up to the province.

import type { Area } from './records.ts'

/** The code and its parents', lowest first. An unknown code, or one of a data set of its own, is a path of itself. */
export function areaPathOf(code: string, areas: ReadonlyMap<string, Area>): string[] {
  const path: string[] = []
  for (let at: string | undefined = code; at !== undefined && !path.includes(at); at = areas.get(at)?.parent)
    path.push(at)
  return path
}
