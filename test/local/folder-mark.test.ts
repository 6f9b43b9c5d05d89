// Data folders as kills, disks and people leave them: what is missing is named, with its extent, and nothing starts
// without it unless somebody says so (docs/rules/platform.md#damaged-folders).

import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { docKey } from '../../functions/platform.ts'
import { openPlatform } from '../../local/platform.ts'

const T0 = Date.UTC(2026, 5, 1)
const KEY = docKey<number>('setting/test')

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-mark-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}
const reading = (index: number) => ({
  meter: `M${index % 7}`,
  atMs: T0 + index * 60_000,
  value: index,
  quality: 'good' as const,
})
const READINGS = 40
const CHANGES = 5

/** A folder with readings and documents, each written by a commit of its own; left as a kill leaves it, or closed. */
async function folderOf({ killed }: { killed: boolean }): Promise<string> {
  const made = temporaryFolder()
  const platform = await openPlatform(made)
  for (let index = 0; index < READINGS; index++) await platform.readings.append([reading(index)], T0 + index * 1000)
  for (let index = 0; index < CHANGES; index++) await platform.state.put([{ key: KEY, value: index }])
  if (!killed) {
    await platform.close()
    return made
  }
  const folder = temporaryFolder()
  cpSync(made, folder, { recursive: true })
  await platform.close()
  // As if these files had been there all the time.
  const { ino, birthtimeMs } = statSync(join(folder, 'folder.json'))
  changeMark(folder, { inode: ino, bornMs: birthtimeMs })
  return folder
}
function changeMark(folder: string, change: object): void {
  const path = join(folder, 'folder.json')
  const mark = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...mark, ...change }).padEnd(512))
}
const half = (folder: string, name: string): void => {
  const path = join(folder, name)
  truncateSync(path, Math.floor(statSync(path).size / 2))
}

test.each([true, false])('a folder that is whole opens without a word, and again (killed: %s)', async (killed) => {
  const folder = await folderOf({ killed })
  for (let round = 0; round < 2; round++) {
    const platform = await openPlatform(folder)
    expect(platform.readings.extent().rows).toBe(READINGS)
    expect((await platform.state.get(KEY))?.value).toBe(CHANGES - 1)
    await platform.close()
  }
})

const DAMAGES: [name: string, killed: boolean, damage: (folder: string) => void, says: RegExp][] = [
  [
    'readings.duckdb is missing',
    false,
    (f) => rmSync(join(f, 'readings.duckdb')),
    /readings.duckdb is missing or empty, with 40 readings up to 2026-06-01T00:00:39/,
  ],
  [
    'readings.duckdb is empty',
    false,
    (f) => truncateSync(join(f, 'readings.duckdb')),
    /readings.duckdb is missing or empty/,
  ],
  [
    'the log of readings is missing',
    true,
    (f) => rmSync(join(f, 'readings.duckdb.wal')),
    /lacks 40 readings, received from the beginning to 2026-06-01T00:00:39/,
  ],
  [
    'the log of readings is torn',
    true,
    (f) => half(f, 'readings.duckdb.wal'),
    /lacks \d+ readings, received from 2026-06-01T00:00:\d\d.000Z to/,
  ],
  ['state.sqlite is missing', false, (f) => rmSync(join(f, 'state.sqlite')), /state.sqlite is missing or empty/],
  ['state.sqlite is empty', false, (f) => truncateSync(join(f, 'state.sqlite')), /state.sqlite is missing or empty/],
  [
    'the log of the state is torn',
    true,
    (f) => half(f, 'state.sqlite-wal'),
    /state.sqlite or its log lacks the last \d of \d changes/,
  ],
  ['the mark is torn', false, (f) => half(f, 'folder.json'), /./],
  [
    'readings.duckdb is missing in a folder without a mark',
    false,
    (f) => {
      rmSync(join(f, 'folder.json'))
      rmSync(join(f, 'readings.duckdb'))
    },
    /readings.duckdb is missing/,
  ],
]
describe.each(DAMAGES)('%s', (_name, killed, damage, says) => {
  test('is named with its extent, and gone on with only when told so', async () => {
    const folder = await folderOf({ killed })
    damage(folder)
    if (_name === 'the mark is torn') writeFileSync(join(folder, 'folder.json'), '{"format"')
    await expect(openPlatform(folder)).rejects.toThrow(says)
    await expect(openPlatform(folder)).rejects.toThrow(/--accept-loss/)
    await (await openPlatform(folder, undefined, { acceptLoss: true })).close()
    await (await openPlatform(folder)).close()
  })
})

test.each(['state.sqlite', 'readings.duckdb'])(
  'a first start that was killed before %s was made lost nothing',
  async (name) => {
    const folder = temporaryFolder()
    await (await openPlatform(folder)).close()
    changeMark(folder, { isOpen: true })
    rmSync(join(folder, name))
    const platform = await openPlatform(folder)
    expect(platform.readings.extent().rows).toBe(0)
    await platform.close()
  },
)

test('a copy of a folder that was in use is named as such; a copy of a closed one is as good as the folder', async () => {
  const folder = await folderOf({ killed: false })
  const copy = temporaryFolder()
  cpSync(folder, copy, { recursive: true })
  await (await openPlatform(copy)).close()
  const running = await openPlatform(folder)
  const torn = temporaryFolder()
  cpSync(folder, torn, { recursive: true })
  await running.close()
  await expect(openPlatform(torn)).rejects.toThrow(/a copy of a folder that was in use/)
})

test('a folder of a newer version is refused by its name', async () => {
  const folder = await folderOf({ killed: false })
  changeMark(folder, { format: 99, by: '7.8.9' })
  await expect(openPlatform(folder)).rejects.toThrow(/written by kilowatch 7\.8\.9 \(format 99\)/)
  await expect(openPlatform(folder, undefined, { acceptLoss: true })).rejects.toThrow(/update it/)
})

test('damaged blocks are called damage, with the file, and not another process', async () => {
  const folder = await folderOf({ killed: false })
  const path = join(folder, 'readings.duckdb')
  const bytes = readFileSync(path)
  for (const start of [4096, 8192, Math.floor(bytes.length / 2)]) bytes.fill(0xa5, start, start + 64)
  writeFileSync(path, bytes)
  const error: unknown = await openPlatform(folder).then(
    (platform) => platform.close(),
    (reason: unknown) => reason,
  )
  expect(String(error)).toMatch(/readings\.duckdb" cannot be read/)
  expect(String(error)).not.toContain('another kilowatch')
})
