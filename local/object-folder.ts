// Stores files in a folder, for one machine: reports, packages. Writes a file beside its place and moves it there, so
// that nobody ever reads half of one.

import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkObjectKey, type ObjectStore } from '../functions/platform.ts'

/** In the data folder. */
export const OBJECTS_FOLDER = 'objects'

export function openObjectFolder(folder: string): ObjectStore {
  const pathOf = (key: string): string => {
    checkObjectKey(key)
    return join(folder, key)
  }
  return {
    async put(key, bytes) {
      const path = pathOf(key)
      const place = dirname(path)
      await mkdir(place, { recursive: true })
      const draft = join(place, `.${randomUUID()}`)
      try {
        await writeDurably(draft, bytes)
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
      await syncFolder(place)
    },
    async get(key) {
      return readFile(pathOf(key)).catch(absent)
    },
    async delete(key) {
      await rm(pathOf(key), { force: true })
    },
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * A new name is on disk only when its folder is synced. Windows cannot open folders, and keeps names safe without it.
 */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'EISDIR' || error.code === 'ENOTDIR') return undefined
  throw error
}
