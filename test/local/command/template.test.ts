// `kilowatch template`: its workbooks and tables say the same, and what people write in their place is read or refused
// with the cure.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseRows } from '../../../domain/import/file.ts'
import { importFiles, readTable } from '../../../local/command/import.ts'
import { writeTemplates } from '../../../local/command/template.ts'
import { temporaryFolder } from '../../acceptance/host-process.ts'

const KINDS = ['areas', 'institutions', 'gateways', 'meters'] as const

test('the workbook and the table of each kind are read as the same rows, and the guide names legal values', async () => {
  const out = join(temporaryFolder(), 'registry')
  await writeTemplates({ out })
  for (const kind of KINDS) {
    const [table, sheet] = await Promise.all(['csv', 'xlsx'].map((end) => readTable(join(out, `${kind}.${end}`), kind)))
    expect(sheet?.rows).toEqual(table?.rows)
    expect(parseRows(kind, table?.rows ?? []).refused).toEqual([])
    expect(Object.keys(table?.rows[0] ?? {}).every((name) => /[\u4e00-\u9fff]/.test(name) || name === 'PUE')).toBe(true)
  }
  const guide = readFileSync(join(out, '说明-columns.csv'), 'utf8')
  expect(guide).toContain('meters.csv,能源种类,medium,是 yes,电=electricity')
  await expect(writeTemplates({ out })).rejects.toThrow('is there already')
})

test('all files of the folder are imported as they lie: the guide is none, and a workbook repeats its table', async () => {
  const folder = temporaryFolder()
  const [out, data] = [join(folder, 'registry'), join(folder, 'data')]
  await writeTemplates({ out })
  const told: string[] = []
  const writes = [process.stdout.write, process.stderr.write] as const
  const hear = ((text: string) => told.push(text) > 0) as typeof process.stdout.write
  process.stdout.write = hear
  process.stderr.write = hear
  try {
    const files = readdirSync(out).map((name) => join(out, name))
    expect(files).toHaveLength(9)
    for (const end of ['csv', 'xlsx', ''])
      await importFiles(
        files.filter((file) => file.endsWith(end)),
        { data },
      )
    // Somebody filled in the table and left the workbook.
    writeFileSync(join(out, 'areas.csv'), readFileSync(join(out, 'areas.csv'), 'utf8').replace('河北省', '山东省'))
    const code = process.exitCode
    await importFiles(files, { data })
    expect(process.exitCode).toBe(1)
    process.exitCode = code
    await expect(importFiles([join(out, '说明-columns.csv')], { data })).rejects.toThrow('guide')
  } finally {
    ;[process.stdout.write, process.stderr.write] = writes
  }
  const text = told.join('')
  expect(text.match(/1 area[ ,]/g)).toHaveLength(3)
  expect(text).toContain('says other than')
})

async function rowsOf(text: string) {
  const file = join(temporaryFolder(), 'meters.csv')
  writeFileSync(file, text)
  return parseRows('meters', (await readTable(file, 'meters')).rows)
}
const HEADER = ['表计编号', '机构编码', '网关编号', '能源种类', '单位', '倍率', '采集间隔', '生效日期']
const ROW = ['M1', 'A', 'G', '电', '度', '80', '15', '2026/1/1']

test.each([',', ';', '\t'])('columns separated by %j, 度, and 2026/1/1 are read', async (separator) => {
  const { records, refused } = await rowsOf(`${[HEADER, ROW].map((row) => row.join(separator)).join('\n')}\n`)
  expect(refused).toEqual([])
  expect(JSON.stringify(records)).toContain('"kWh"')
  expect(JSON.stringify(records)).toContain('2026-01-01')
})

test('400/5 is refused with its quotient', async () => {
  const row = ROW.with(5, '400/5')
  const { refused } = await rowsOf(`${HEADER.join(',')}\n${row.join(',')}\n`)
  expect(refused[0]?.reason).toContain('is a ratio; write its quotient 80')
})
