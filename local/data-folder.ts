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
  return process.platform === 'win32' ? 0 : closed(folder, FOLDER_MODE)
}

function closed(path: string, mode: number): number {
  return unlessGone(0, () => {
    let repaired = 0
    if ((statSync(path).mode & OTHERS) !== 0) {
      chmodSync(path, mode)
      repaired = 1
    }
    if (mode === FILE_MODE) return repaired
    const inside = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory() || entry.isFile())
    return inside.reduce(
      (sum, entry) => sum + closed(join(path, entry.name), entry.isDirectory() ? FOLDER_MODE : FILE_MODE),
      repaired,
    )
  })
}

/** A process that ends beside this one, as the gateways of a killed demo, still takes its own logs away. */
function unlessGone<T>(without: T, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return without
    throw error
  }
}
