// Where tests find data that is not in the repository: ../shared, beside the project. Elsewhere such a test is
// skipped and says what it lacks; in CI, where the data must be there, it fails.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'

const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Absolute path of a file or folder of ../shared (`data/bdg2/totals.json`), or undefined when it is not there.
 * Throws under CI=true, naming what is missing, because a skipped proof is none.
 */
export function sharedFile(relative: string): string | undefined {
  const path = join(projectRoot, '..', 'shared', relative)
  if (existsSync(path)) return path
  if (process.env.CI === 'true') throw new Error(`../shared/${relative} is missing beside the project; CI needs it`)
  return undefined
}

/** A group of tests over files of ../shared, given their paths in the same order; skipped by name where one lacks. */
export function describeShared(name: string, relatives: readonly string[], tests: (...paths: string[]) => void): void {
  const { paths, label } = locate(name, relatives)
  if (paths) describe(name, () => tests(...paths))
  else describe.skipIf(true)(label, () => test(label, () => {}))
}

/** One test over files of ../shared; as `describeShared`. */
export function testShared(
  name: string,
  relatives: readonly string[],
  body: (...paths: string[]) => void | Promise<void>,
  timeoutMs?: number,
): void {
  const { paths, label } = locate(name, relatives)
  if (paths) test(name, () => body(...paths), timeoutMs)
  else test.skipIf(true)(label, () => {})
}

function locate(name: string, relatives: readonly string[]): { paths?: string[]; label: string } {
  const paths = relatives.flatMap((relative) => sharedFile(relative) ?? [])
  const missing = relatives.filter((relative) => !sharedFile(relative)).map((relative) => `../shared/${relative}`)
  return missing.length > 0 ? { label: `${name} (needs ${missing.join(', ')}, skipped)` } : { paths, label: name }
}
