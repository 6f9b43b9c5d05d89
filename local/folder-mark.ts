// The mark of a data folder (docs/rules/platform.md#damaged-folders): its format, and how far both of its stores had
// come, beside them. A store that is behind its mark has lost something. Written after each commit, without a sync of
// its own: a power cut may leave an older mark, never a newer one.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { RELEASE } from '../functions/state/version.ts'

const FILE = 'folder.json'
export const READINGS_FILE = 'readings.duckdb'
export const STATE_FILE = 'state.sqlite'
/** Of what this version writes. */
const FORMAT = 4
/** Always as long, so that it is replaced in place. */
const BYTES = 512

interface FolderMark {
  format: number
  /** Version that wrote it. */
  by: string
  /** Open, or closed by a kill. */
  isOpen: boolean
  /** Identity of this file: a copy has another. */
  inode: number
  bornMs: number
  /** When the last reading was received, and the number of rows. */
  receivedMs: number
  rows: number
  /** Number of durable transactions of the state. */
  turn: number
}
export type StoresExtent = Pick<FolderMark, 'receivedMs' | 'rows' | 'turn'>

export interface OpenMark {
  /** What is lost, each a sentence. */
  losses(now: StoresExtent): string[]
  note(extent: Partial<StoresExtent>): void
  close(): void
}

/** Throws an Error with a sentence for the user when the folder is of a newer version, or is damaged. */
export function openMark(folder: string, acceptLoss: boolean): OpenMark {
  const path = join(folder, FILE)
  const read = readMark(path)
  if (read === 'damaged' && !acceptLoss) throw lossError(folder, [`${FILE} cannot be read`])
  const known = read === 'damaged' ? undefined : read
  if (known && known.format > FORMAT)
    throw new Error(
      `the data folder "${folder}" was written by kilowatch ${known.by} (format ${known.format}); this one is ${RELEASE} and reads format ${FORMAT}: update it`,
    )
  const before = lossesBefore(folder, path, known)
  if (before.length > 0 && !acceptLoss) throw lossError(folder, before)
  if (before.length > 0) setAside(folder)
  let file: number | undefined
  let mark: FolderMark | undefined
  const write = (): void => {
    if (file !== undefined) writeSync(file, JSON.stringify(mark).padEnd(BYTES), 0)
  }
  const begin = (now: StoresExtent): void => {
    file ??= openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600)
    const { ino, birthtimeMs } = statSync(path)
    mark = { ...{ format: FORMAT, by: RELEASE, isOpen: true, inode: ino, bornMs: birthtimeMs }, ...now }
    write()
    fsyncSync(file)
  }
  // Before the stores are made: a first start that is killed between them has lost nothing.
  if (!isThere(folder, READINGS_FILE) && !isThere(folder, STATE_FILE)) begin({ receivedMs: 0, rows: 0, turn: 0 })
  return {
    losses(now) {
      const lost = known && !acceptLoss ? lossesOf(known, now) : []
      if (lost.length > 0) return lost
      begin(now)
      return []
    },
    note(extent) {
      Object.assign(mark ?? {}, extent)
      try {
        write()
      } catch {
        // A mark that is behind says less; what it follows is stored.
      }
    },
    close() {
      if (file === undefined || !mark) return
      mark.isOpen = false
      write()
      fsyncSync(file)
      closeSync(file)
      file = undefined
    },
  }
}

/** An empty store makes room for a new one, which must not take the log of the old one for its own. */
function setAside(folder: string): void {
  for (const [store, log] of [
    [READINGS_FILE, `${READINGS_FILE}.wal`],
    [STATE_FILE, `${STATE_FILE}-wal`],
  ] as const) {
    if (isThere(folder, store)) continue
    rmSync(join(folder, store), { force: true })
    if (isThere(folder, log)) renameSync(join(folder, log), join(folder, `${log}.left`))
  }
}

export const lossError = (folder: string, losses: readonly string[]): Error =>
  new Error(
    `the data folder "${folder}" is damaged: ${losses.join('; ')}. Restore a copy, or go on with the loss: kilowatch start --accept-loss`,
  )

function readMark(path: string): FolderMark | 'damaged' | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as FolderMark
  } catch {
    return 'damaged'
  }
}

const isThere = (folder: string, name: string): boolean =>
  existsSync(join(folder, name)) && statSync(join(folder, name)).size > 0

/** What is seen before a store is opened, which would make a missing file anew. */
function lossesBefore(folder: string, path: string, known: FolderMark | undefined): string[] {
  const [readings, state] = [isThere(folder, READINGS_FILE), isThere(folder, STATE_FILE)]
  const losses: string[] = []
  if (!readings && (known ? known.rows > 0 : state))
    losses.push(
      `${READINGS_FILE} is missing or empty${known ? `, with ${known.rows} readings up to ${isoOf(known.receivedMs)}` : ''}`,
    )
  if (!state && (known ? known.turn > 0 : readings))
    losses.push(`${STATE_FILE} is missing or empty, with the registry, settings and all that was judged`)
  if (known?.isOpen) {
    const { ino, birthtimeMs } = statSync(path)
    if (ino !== known.inode && birthtimeMs > known.bornMs)
      losses.push('it is a copy of a folder that was in use, and its files are of different moments')
  }
  return losses
}

function lossesOf(known: FolderMark, now: StoresExtent): string[] {
  const losses: string[] = []
  if (now.rows < known.rows || now.receivedMs < known.receivedMs)
    losses.push(
      `${READINGS_FILE} or its log lacks ${known.rows - now.rows} readings, received from ${isoOf(now.receivedMs)} to ${isoOf(known.receivedMs)}`,
    )
  if (now.turn < known.turn)
    losses.push(`${STATE_FILE} or its log lacks the last ${known.turn - now.turn} of ${known.turn} changes`)
  return losses
}

const isoOf = (ms: number): string => (ms > 0 ? new Date(ms).toISOString() : 'the beginning')
