// Copies a data folder that is in use to one that can be started (docs/operations.md#backup): the state at one moment,
// then the readings at a later one, which the state settles when it is started, then the files. A backup is a folder
// of its own; files that have not changed are links to those of the backup before it.

import { createHash, randomUUID } from 'node:crypto'
import { constants, createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { copyFile, link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'
import { RELEASE } from '../functions/state/version.ts'
import { READINGS_FILE, STATE_FILE } from './folder-mark.ts'
import { LAKE_FOLDER } from './lake/format.ts'
import { OBJECTS_FOLDER } from './object-folder.ts'
import type { ReadingFile } from './reading-store.ts'
import { turnOf } from './sqlite.ts'

export const BACKUP_FILE = 'backup.json'
/** Of what this version writes. */
const FORMAT = 1
/** 2026-11-30T054500.123Z */
const BACKUP_NAME = /^\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z$/
/** Not whole: one that is being made, or whose making was killed. */
const DRAFT_NAME = /^\.\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.[0-9a-f-]{36}$/
/** Pages of the state copied before the event loop gets a turn. */
const PAGES_PER_STEP = 256

const manifestSchema = z.object({
  format: z.number().int(),
  by: z.string(),
  /** When the state was read, epoch ms. */
  atMs: z.number(),
  /** Readings in the copy, and when the last of them was received. */
  rows: z.number(),
  receivedMs: z.number(),
  /** Number of durable transactions of the state. */
  turn: z.number(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
})
type Manifest = z.output<typeof manifestSchema>

export interface BackupMade extends Omit<Manifest, 'files' | 'format' | 'by'> {
  folder: string
  files: number
  bytes: number
  /** Files that the backup before it had already. */
  linked: number
}

export interface BackupSource {
  /** The data folder. */
  folder: string
  readings: Pick<ReadingFile, 'copyTo'>
  db: DatabaseSync
  now(): number
}

/**
 * Makes a new backup in `target`, which holds nothing but backups; whole when the promise resolves, absent otherwise.
 * Throws an Error with a sentence when `target` holds other things or lies in the data folder.
 */
export async function backUp({ folder, readings, db, now }: BackupSource, target: string): Promise<BackupMade> {
  checkTarget(folder, target)
  await mkdir(target, { recursive: true, mode: 0o700 })
  const former = formerBackups(target).at(-1)
  const known = former === undefined ? undefined : await readManifest(join(target, former))
  const atMs = now()
  const name = nameOf(atMs)
  if (existsSync(join(target, name))) throw new Error(`a backup "${name}" is there already`)
  const draft = join(target, `.${name}.${randomUUID()}`)
  await mkdir(draft, { mode: 0o700 })
  let release = (): void => undefined
  try {
    await copyDatabase(db, join(draft, STATE_FILE), { rate: PAGES_PER_STEP })
    const turn = turnOfFile(join(draft, STATE_FILE))
    const copied = await readings.copyTo(join(draft, READINGS_FILE))
    release = copied.release
    const extent = { receivedMs: copied.receivedMs, rows: copied.rows }
    const files: Manifest['files'] = []
    for (const path of [STATE_FILE, READINGS_FILE]) files.push(await fileOf(draft, path))
    const before = former === undefined ? undefined : { at: join(target, former), known }
    const lake = copied.lake.map(({ path, bytes, sha256 }) => ({ path: `${LAKE_FOLDER}/${path}`, bytes, sha256 }))
    let linked = 0
    for (const file of lake) if (await copyLakeFile({ from: folder, draft, file }, before)) linked++
    release()
    files.push(...lake)
    for (const path of objectsIn(folder)) {
      const object = await copyObject({ from: folder, draft, path }, before)
      if (!object) continue
      if (object.isLinked) linked++
      files.push(object.file)
    }
    const manifest: Manifest = { format: FORMAT, by: RELEASE, atMs, ...extent, turn, files }
    await writeFile(join(draft, BACKUP_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
    for (const path of [STATE_FILE, READINGS_FILE, BACKUP_FILE]) await synced(join(draft, path))
    await synced(draft)
    await rename(draft, join(target, name))
    await synced(target)
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    return { folder: join(target, name), atMs, ...extent, turn, files: files.length, bytes, linked }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  } finally {
    release()
  }
}

/** The backups of a folder, the oldest first. */
export const formerBackups = (target: string): string[] =>
  readdirSync(target)
    .filter((name) => BACKUP_NAME.test(name) && existsSync(join(target, name, BACKUP_FILE)))
    .sort()

function turnOfFile(path: string): number {
  const copy = new DatabaseSync(path)
  try {
    return turnOf(copy)
  } finally {
    copy.close()
  }
}

const nameOf = (atMs: number): string => new Date(atMs).toISOString().replaceAll(':', '')

function checkTarget(folder: string, target: string): void {
  const inside = relative(resolve(folder), resolve(target))
  if (inside === '' || !(inside.startsWith('..') || resolve(inside) === inside))
    throw new Error(`"${target}" lies in the data folder; a backup belongs elsewhere, best on another disk`)
  if (!existsSync(target)) return
  const strange = readdirSync(target).find((name) => !BACKUP_NAME.test(name) && !DRAFT_NAME.test(name))
  if (strange !== undefined) throw new Error(`"${target}" holds "${strange}": give a folder that holds backups alone`)
}

/** The files of the data folder's object store, drafts left out. */
function objectsIn(folder: string): string[] {
  const root = join(folder, OBJECTS_FOLDER)
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

interface FormerBackup {
  at: string
  known: Manifest | undefined
}

/** Files of the lake never change: one that the former backup has is a link to that. Resolves to whether it is. */
async function copyLakeFile(
  { from, draft, file }: { from: string; draft: string; file: Manifest['files'][number] },
  former: FormerBackup | undefined,
): Promise<boolean> {
  const to = join(draft, file.path)
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  if (former?.known?.files.some(({ path, sha256 }) => path === file.path && sha256 === file.sha256)) {
    const isLinked = await link(join(former.at, file.path), to).then(
      () => true,
      // Taken away, or a file system without links.
      () => false,
    )
    if (isLinked) return true
  }
  await copyFile(join(from, file.path), to, constants.COPYFILE_EXCL)
  await synced(to)
  if ((await fileOf(draft, file.path)).sha256 !== file.sha256)
    throw new Error(
      `"${join(from, file.path)}" is not what was written: the data folder is damaged, see kilowatch verify`,
    )
  return false
}

/** Links to the former backup's file where that is the same; undefined when it was deleted meanwhile. */
async function copyObject(
  { from, draft, path }: { from: string; draft: string; path: string },
  former: FormerBackup | undefined,
): Promise<{ file: Manifest['files'][number]; isLinked: boolean } | undefined> {
  const to = join(draft, path)
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  try {
    const earlier = former?.known?.files.find((file) => file.path === path)
    if (former && earlier && (await fileOf(from, path)).sha256 === earlier.sha256) {
      await link(join(former.at, path), to)
      return { file: earlier, isLinked: true }
    }
    await copyFile(join(from, path), to, constants.COPYFILE_EXCL)
    await synced(to)
    return { file: await fileOf(draft, path), isLinked: false }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function fileOf(folder: string, path: string): Promise<Manifest['files'][number]> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(folder, path)), hash)
  return { path, bytes: statSync(join(folder, path)).size, sha256: hash.digest('hex') }
}

async function synced(path: string): Promise<void> {
  if (process.platform === 'win32' && statSync(path).isDirectory()) return
  const file = await open(path)
  await file.sync().finally(() => file.close())
}

/** Removes what killed backups left, and all but the newest `keep`. Returns the names of the removed ones. */
export async function pruneBackups(target: string, keep?: number): Promise<string[]> {
  const drafts = readdirSync(target).filter((name) => DRAFT_NAME.test(name))
  const old = keep === undefined ? [] : formerBackups(target).slice(0, -keep)
  for (const name of drafts) await rm(join(target, name), { recursive: true, force: true })
  for (const name of old) {
    // What is half removed must not look whole.
    const draft = join(target, `.${name}.${randomUUID()}`)
    await rename(join(target, name), draft)
    await rm(draft, { recursive: true, force: true })
  }
  return [...drafts, ...old]
}

async function readManifest(backup: string): Promise<Manifest> {
  const path = join(backup, BACKUP_FILE)
  if (!existsSync(path)) throw new Error(`"${backup}" is no backup: it has no ${BACKUP_FILE}`)
  const read = manifestSchema.safeParse(jsonOf(await readFile(path, 'utf8')))
  if (!read.success) throw new Error(`"${path}" is no manifest of a backup: ${read.error.issues[0]?.message}`)
  if (read.data.format > FORMAT)
    throw new Error(`"${backup}" was written by kilowatch ${read.data.by}, which is newer than this one: update it`)
  return read.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface VerifiedBackup extends Pick<Manifest, 'atMs' | 'rows' | 'receivedMs' | 'turn'> {
  files: number
  /** What is not as it was written, each a sentence. */
  damage: string[]
}

/** Holds each file of a backup against its manifest. Throws an Error when it has none. */
export async function verifyBackup(backup: string): Promise<VerifiedBackup> {
  const { files, atMs, rows, receivedMs, turn } = await readManifest(backup)
  const damage: string[] = []
  for (const { path, bytes, sha256 } of files) {
    if (!existsSync(join(backup, path))) damage.push(`${path} is missing`)
    else if (statSync(join(backup, path)).size !== bytes)
      damage.push(`${path} has ${statSync(join(backup, path)).size} bytes instead of ${bytes}`)
    else if ((await fileOf(backup, path)).sha256 !== sha256) damage.push(`${path} is not what was written`)
  }
  return { atMs, rows, receivedMs, turn, files: files.length, damage }
}

/**
 * Makes a data folder of a backup. Throws an Error with a sentence when the backup is damaged or the folder is not
 * empty; then nothing was made.
 */
export async function restoreBackup(backup: string, folder: string): Promise<VerifiedBackup> {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`"${folder}" is not empty: restore into a new folder, then start with --data`)
  const verified = await verifyBackup(backup)
  const [first] = verified.damage
  if (first !== undefined)
    throw new Error(`the backup "${backup}" is damaged (${verified.damage.length} files): ${first}`)
  const draft = `${resolve(folder)}.${randomUUID()}`
  try {
    for (const { path } of (await readManifest(backup)).files) {
      await mkdir(dirname(join(draft, path)), { recursive: true, mode: 0o700 })
      await copyFile(join(backup, path), join(draft, path))
      await synced(join(draft, path))
    }
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
    await synced(dirname(resolve(folder)))
    return verified
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}
