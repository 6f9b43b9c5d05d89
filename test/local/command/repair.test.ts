// `kilowatch repair` on a data folder, in a process of its own: what an installer has, and what is said where it is
// wrong.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPlatform } from '../../../local/platform.ts'
import { meter, NOON_MS, oneInstitution, register, send } from '../../functions/province.ts'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'kilowatch.mjs')
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'kilowatch-repair-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}
function repair(data: string, text: string | Buffer) {
  const file = join(folder(), 'r.csv')
  writeFileSync(file, text)
  const args = [BIN, 'repair', file, '--data', data, '--who', '李', '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('a file with the headers of a Chinese form corrects readings, and one wrong row refuses all by name', async () => {
  const data = folder()
  const platform = await openPlatform(data, () => NOON_MS)
  await register(platform, oneInstitution([meter('A-E', 'A')]))
  await send(platform, 'G-A', [{ meter: 'A-E', at: NOON_MS, value: 1 }])
  await platform.close()

  const good = `\uFEFF表计编号,时间,读数,删除\r\nA-E,${NOON_MS},2,\r\n`
  const wrong = repair(data, `${good}nobody,${NOON_MS},3,\r\n`)
  expect([wrong.status, JSON.parse(wrong.stdout)]).toEqual([
    1,
    { repaired: false, refused: [{ row: 3, field: 'meter', reason: '"nobody" is not registered' }] },
  ])
  const done = repair(data, good)
  expect([done.status, JSON.parse(done.stdout)]).toMatchObject([0, { repaired: true, who: '李', refused: [] }])

  const after = await openPlatform(data, () => NOON_MS)
  expect((await after.readings.history('A-E', NOON_MS, NOON_MS + 1)).map(({ value }) => value)).toEqual([1, 2])
  await after.close()
})

test('numbers as a spreadsheet writes them are refused by row, and nothing is repaired', async () => {
  const data = folder()
  const platform = await openPlatform(data, () => NOON_MS)
  await register(platform, oneInstitution([meter('A-E', 'A')]))
  await platform.close()
  const rows = ['1e5', '"1,234"', '0x10', '1_000', '', 'Infinity'].map((value, n) => `A-E,${NOON_MS - n},${value}`)
  const { status, stdout } = repair(data, `meter,at,value\n${rows.join('\n')}\n`)
  const { repaired, refused } = JSON.parse(stdout) as { repaired: boolean; refused: { row: number; field: string }[] }
  expect([status, repaired]).toEqual([1, false])
  expect(refused.map(({ row, field }) => [row, field])).toEqual([2, 3, 4, 5, 6, 7].map((row) => [row, 'value']))
})

test('a data folder that is not there is not made, and a file that is none says what is wrong with it', () => {
  const data = join(folder(), 'nowhere')
  const { status, stderr } = repair(data, 'meter,at,value\nA-E,1,1\n')
  expect([status, existsSync(data)]).toEqual([1, false])
  expect(stderr).toContain(`there is no data folder "${data}"`)
  expect(repair(data, 'meter,value\n').stderr).toContain('the column "at" is missing')
  expect(repair(data, Buffer.from([0xb1, 0xed, 0x0a])).stderr).toContain('not UTF-8 but GBK (GB 18030)')
})
