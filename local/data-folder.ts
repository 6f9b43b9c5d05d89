// Keeps the data folder to its owner (docs/rules/platform.md#data-folder): it holds the registry, hashes and secrets.

import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const OTHERS = 0o077
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** Creates the folder, or takes the rights of others away; new files get none. Returns the number of repaired ones. */
export function closeToOthers(folder: string): number {
  // Stores make files whenever they like: logs, drafts.
  process.umask(OTHERS)
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  let repaired = 0
  const repair = (path: string, mode: number): void => {
    if ((statSync(path).mode & OTHERS) === 0) return
    chmodSync(path, mode)
    repaired++
  }
  if (process.platform === 'win32') return 0
  repair(folder, FOLDER_MODE)
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) repair(path, FOLDER_MODE)
    else if (entry.isFile()) repair(path, FILE_MODE)
  }
  return repaired
}
