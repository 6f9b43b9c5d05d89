// The package for an upper centre: well-formed, with the hours that the store has, to the last one that is known; what
// the upper centre must be told and nobody wrote is named.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { expect, onTestFinished, test } from 'vitest'
import { DAY_MS, dayOf, HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { exportData } from '../../local/command/export.ts'
import { apiCall } from './api-call.ts'
import { derive, institution, meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from './province.ts'
import { childOf, childrenOf, readXml, textsOf } from './strict-xml.ts'

/** Midnight of 2026-06-13, two days before the test's noon. */
const DAY = '2026-06-13'
const DAY_START_MS = NOON_MS - 12 * HOUR_MS - 2 * DAY_MS
const HOSTILE = `图书馆 & "楼" <b>]]>\u0007'</F_BuildName>`

const FIELDS = {
  ...{ F_AliasName: 'TSG', F_BuildOwner: '市教育局', F_BuildAddr: '中山路 1 号', F_BuildYear: 1998, F_UpFloor: 5 },
  ...{ F_AirArea: 900, F_HeatArea: 950.5, F_AirType: 'A', F_HeatType: 'A', F_StruType: 'A', F_WallMatType: 'A' },
  ...{ F_WallWarmType: 'A', F_WallWinType: 'A', F_GlassType: 'A', F_WinFrameType: 'A', F_IsStandard: false },
  ...{ F_DesignDept: '设计院', F_WorkDept: '工程公司', F_CreateTime: '2026-01-01 00:00:00' },
}
const SETTINGS = {
  centre: 130100,
  centreFields: { F_DataCenterName: '市级数据中心', F_DataCenterType: 1, F_DataCenterManager: '机关事务管理局' },
  buildings: [{ code: '130102D001', institution: 'A', fields: FIELDS }],
}

/** Whole electricity, a part let to others, lighting in two meters, a part of one of them, and water. */
async function opened(folder?: string) {
  const platform = await openTestPlatform(folder)
  await register(platform, {
    ...oneInstitution([
      meter('A-E', 'A'),
      meter('A-X', 'A', { role: 'exclude', parent: 'A-E' }),
      meter('A-L1', 'A', { role: 'sub', parent: 'A-E', purpose: '01A10' }),
      meter('A-L2', 'A', { role: 'sub', parent: 'A-E', purpose: '01A20' }),
      meter('A-L3', 'A', { role: 'sub', parent: 'A-L1', purpose: '01A10' }),
      meter('A-W', 'A', { medium: 'water', unit: 'm³' }),
    ]),
    institutions: [institution('A', '130102', { name: HOSTILE })],
  })
  // Water is silent from 10:00 of the day on.
  const rates: Record<string, number> = { 'A-E': 7.111, 'A-X': 1.5, 'A-L1': 2.25, 'A-L2': 0.004, 'A-L3': 1, 'A-W': 0.3 }
  for (const [id, rate] of Object.entries(rates))
    await send(
      platform,
      'G-A',
      Array.from({ length: id === 'A-W' ? 11 : 49 }, (_, hour) => ({
        ...{ meter: id, at: DAY_START_MS + hour * HOUR_MS, value: 100 + hour * rate + (hour % 3) * 0.1 },
      })),
    )
  await derive(platform)
  return platform
}
const asked = (platform: Awaited<ReturnType<typeof opened>>, settings: object, date = DAY) =>
  apiCall(platform, 'POST', 'upload-packages', { date, settings })

function filesOf(zip: string) {
  const files = Object.entries(unzipSync(Buffer.from(zip, 'base64')))
  return Object.fromEntries(
    files.map(([name, bytes]) => [name, readXml(new TextDecoder('utf-8', { fatal: true }).decode(bytes))]),
  )
}

test('both files are well-formed, hold the hours of the store, and what is not known is not in them', async () => {
  const platform = await opened()
  const { status, body } = await asked(platform, SETTINGS)
  expect([status, body.name, body.files]).toEqual([
    200,
    '13010020260613',
    ['13010020260613Build.xml', '13010020260613Energy.xml'],
  ])
  const files = filesOf(body.zip)
  const build = must(files['13010020260613/13010020260613Build.xml'])
  expect(textsOf(childOf(build, 'common'))).toEqual({
    UploadDataCenterID: '130100',
    CreateTime: '2026-06-15 12:00:00',
  })
  const described = childOf(childOf(childOf(build, 'data'), 'Build'), 'BuildBaseInfo')
  expect(childOf(childOf(build, 'data'), 'Build').attributes).toEqual({ id: '130102D001' })
  expect(described.attributes).toEqual({ operation: 'N' })
  // The name arrives as it is, less the character that XML cannot have.
  expect(textsOf(described)).toMatchObject({
    ...{ F_DataCenterID: '130100', F_BuildName: HOSTILE.replace('\u0007', ''), F_DistrictCode: '130102' },
    ...{ F_BuildFunc: 'D', F_TotalArea: '1000', F_HeatArea: '950.5', F_IsStandard: '0', F_BuildLong: '' },
  })

  const data = childOf(must(files['13010020260613/13010020260613Energy.xml']), 'data')
  const rows = childrenOf(childOf(data, 'Build'), 'EnergyItemHourResult').map(textsOf)
  const day = dayOf(DAY_START_MS)
  const stored = new Map(
    (await platform.consumption.get(['A-E', 'A-X', 'A-L1', 'A-L2', 'A-W'], day, day + 1)).map((one) => [
      one.meter,
      one.amounts,
    ]),
  )
  const of = (id: string, hour: number): number => must(stored.get(id))[hour] ?? Number.NaN
  const truth: Record<string, (hour: number) => number> = {
    '01000': (hour) => of('A-E', hour) - of('A-X', hour),
    // A-L3 is below A-L1.
    '01A00': (hour) => of('A-L1', hour) + of('A-L2', hour),
    '01A10': (hour) => of('A-L1', hour),
    '01A20': (hour) => of('A-L2', hour),
    '02000': (hour) => of('A-W', hour),
  }
  const expected = Array.from({ length: 24 }, (_, hour) => hour).flatMap((hour) =>
    Object.entries(truth).flatMap(([F_EnergyItemCode, amount]) => {
      const value = amount(hour)
      if (Number.isNaN(value)) return []
      const kgce = F_EnergyItemCode === '02000' ? 0 : value * 0.1229
      const clock = (at: number): string =>
        at === 24 ? '2026-06-14 00:00:00' : `${DAY} ${String(at).padStart(2, '0')}:00:00`
      return {
        ...{ F_EnergyItemCode, F_StartHour: clock(hour), F_EndHour: clock(hour + 1) },
        ...{ F_HourValue: value.toFixed(2), F_HourEquValue: kgce.toFixed(4), F_State: '1' },
      }
    }),
  )
  expect(expected).toHaveLength(4 * 24 + 10)
  expect(rows.map(({ F_HourResultID: _, ...row }) => row)).toEqual(expected)
  expect([body.hours, body.hoursUnknown]).toEqual([4 * 24 + 10, 14])
  expect(new Set(rows.map(({ F_HourResultID }) => F_HourResultID)).size).toBe(rows.length)
  expect(rows[0]?.F_HourResultID).toBe('130102D0012000000001')
})

test('what sources say differently is chosen: files of hours, another id, four decimals, an item left out', async () => {
  const platform = await opened()
  const chosen = { files: 'hour', resultId: 'hour', operation: 'U', decimals: 4, equivalentDecimals: 2 }
  const group = { id: 'Q1', fields: { F_BuildGroupName: '校区', F_GroupAliasName: 'XQ' }, buildings: ['130102D001'] }
  const { status, body } = await asked(platform, { ...SETTINGS, ...chosen, codes: { water: null }, groups: [group] })
  expect([status, body.files?.length]).toEqual([200, 48])
  const files = filesOf(body.zip)
  const last = must(files['13010020260613/1301002026061400Energy.xml'])
  const [row] = childrenOf(childOf(childOf(last, 'data'), 'Build'), 'EnergyItemHourResult').map(textsOf)
  expect(row).toMatchObject({
    ...{ F_HourResultID: '130102D0012026061400', F_EnergyItemCode: '01000', F_StartHour: `${DAY} 23:00:00` },
    ...{ F_HourValue: expect.stringMatching(/^\d+\.\d{4}$/), F_HourEquValue: expect.stringMatching(/^\d+\.\d\d$/) },
  })
  expect(JSON.stringify(files)).not.toContain('02000')
  const grouped = childOf(childOf(must(files['13010020260613/1301002026061301Build.xml']), 'data'), 'BuildGroup')
  expect(grouped.attributes).toEqual({ id: 'Q1' })
  expect(textsOf(childOf(grouped, 'BuildGroupRelaInfo'))).toEqual({ F_BuildID: '130102D001' })
  expect(childOf(grouped, 'BuildGroupRelaInfo').attributes).toEqual({ operation: 'U' })
})

test('what is missing, too long, unknown or not over is refused by its name', async () => {
  const platform = await opened()
  const { F_BuildOwner: _, ...owned } = FIELDS
  const wrong = { ...owned, F_BuildAddr: '长'.repeat(81), F_AirArea: 'big', F_Bild: 1 }
  const { status, body } = await asked(platform, {
    ...SETTINGS,
    centreFields: {},
    buildings: [{ code: '130102D001', institution: 'A', fields: wrong }],
  })
  expect(status).toBe(422)
  expect(body.missing).toEqual([
    'centre: F_DataCenterName (数据中心名称) is missing',
    'centre: F_DataCenterType (数据中心类型) is missing',
    'centre: F_DataCenterManager (数据中心管理单位) is missing',
    'building 130102D001: F_BuildOwner (业主名称) is missing',
    'building 130102D001: F_BuildAddr (建筑地址) is longer than 80 characters',
    'building 130102D001: F_AirArea (空调面积) must be a number',
    'building 130102D001: there is no field F_Bild',
  ])
  for (const [change, date, detail] of [
    [{}, '2026-06-15', '2026-06-15 is not over'],
    [{ buildings: [{ code: '130102D001', institution: 'Z', fields: FIELDS }] }, DAY, 'institution "Z"'],
    [{ buildings: [...SETTINGS.buildings, ...SETTINGS.buildings] }, DAY, 'stands twice'],
    [{ groups: [{ id: 'Q', fields: {}, buildings: ['130102D009'] }] }, DAY, 'no building of this file'],
  ] as const) {
    const answer = await asked(platform, { ...SETTINGS, ...change }, date)
    expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining(detail)])
  }
  expect((await asked(platform, { ...SETTINGS, centre: '13' })).status).toBe(400)
  expect((await apiCall(platform, 'POST', 'upload-packages', { date: DAY, settings: SETTINGS }, 'anyone')).status).toBe(
    401,
  )
})

test('the command writes the packed file and its folder, from settings in YAML', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-upload-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const platform = await opened(data)
  await platform.close()
  const settings = join(folder, 'upload.yaml')
  writeFileSync(
    settings,
    ['centre: 130100', `centreFields: ${JSON.stringify(SETTINGS.centreFields)}`]
      .concat('buildings:', '  - code: 130102D001', '    institution: A', `    fields: ${JSON.stringify(FIELDS)}`)
      .join('\n'),
  )
  const told: string[] = []
  const write = process.stdout.write
  process.stdout.write = ((text: string) => told.push(text) > 0) as typeof write
  const out = join(folder, 'out')
  try {
    await exportData(out, { data, uploadXml: settings, day: '2020-01-01' })
    await expect(exportData(out, { data, uploadXml: settings, day: DAY })).rejects.toThrow('is not empty')
    await expect(exportData(`${out}2`, { data, uploadXml: settings })).rejects.toThrow('--day')
    await expect(exportData(`${out}2`, { data, uploadXml: settings, day: DAY, csv: true })).rejects.toThrow('--csv')
  } finally {
    process.stdout.write = write
  }
  expect(readdirSync(out).sort()).toEqual(['13010020200101', '13010020200101.zip'])
  expect(told.join('')).toContain('0 hours of 1 buildings')
  const energy = readXml(readFileSync(join(out, '13010020200101', '13010020200101Energy.xml'), 'utf8'))
  expect(childOf(energy, 'data').children).toEqual([])
})
