// What a registry file or a request can get wrong about an institution: each is named with its record and field, by the
// command line and by the API, nothing of it is written, and what stood before goes on being computed.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../domain/calendar.ts'
import type { InstitutionStatusView, SeriesView } from '../../domain/view/view.ts'
import { ApiError, type Client, clientOf } from '../../local/command/client.ts'
import { type Host, startHost } from '../../local/host.ts'
import { runningHost } from '../../local/host-address.ts'

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'kilowatch.mjs')
const HOUR_0 = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 48 * HOUR_MS
const DEADLINE_MS = 20_000
let folder: string
let host: Host
let client: Client
let sent = 0

interface Outcome {
  imported: boolean
  refused: { file: string; row: number; field: string; reason: string }[]
  warnings: { file: string; row: number; field: string; reason: string }[]
}
/** `kilowatch import` of one file in a process of its own, into the running host. */
async function imported(name: string, text: string): Promise<{ code: number | null; outcome: Outcome }> {
  writeFileSync(join(folder, name), text)
  const child = spawn(process.execPath, [BIN, 'import', name, '--data', 'data', '--json'], { cwd: folder })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (part) => {
    stdout += part
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, outcome: JSON.parse(stdout) }
}

/** One more hour of meter A-E is read, settled and shown. */
async function stillComputed(): Promise<void> {
  sent++
  const at = HOUR_0 + sent * HOUR_MS
  const response = await fetch(`${host.httpUrl}/api/v1/readings`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('G-A:secret').toString('base64')}` },
    body: JSON.stringify({ v: 1, readings: [{ meter: 'A-E', at, value: sent * 10 }] }),
  })
  expect(await response.json()).toEqual({ stored: 1, rejected: 0 })
  const path = `meters/A-E/series?from=${at - HOUR_MS}&to=${at}&grain=hour`
  const deadline = Date.now() + DEADLINE_MS
  for (;;) {
    const [point] = (await client.get<SeriesView>(path)).points
    if (point?.value === 10) return
    if (Date.now() > deadline) throw new Error(`no hour of A-E at ${path}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const INSTITUTION = { id: 'A', name: 'A', area: '130102', type: 'government' }
const SIZE = { validFrom: '2020-01-01', floorAreaM2: 1000, energyUsers: 50 }
const METER = { institution: 'A', gateway: 'G-A', medium: 'electricity', unit: 'kWh' }
const institution = (id: string, ...sizes: object[]) => ({ institutions: [{ ...INSTITUTION, id, name: id, sizes }] })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kilowatch-bad-input-'))
  const data = join(folder, 'data')
  host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined })
  const running = runningHost(data)
  if (!running) throw new Error('the host does not say that it runs')
  client = clientOf(running)
  await client.put('registry', {
    areas: [
      { code: '130000', name: '河北省', level: 'province' },
      { code: '130102', name: '长安区', level: 'county' },
    ],
    ...institution('A', SIZE),
    gateways: [{ id: 'G-A', institution: 'A', password: 'secret' }],
    meters: [{ ...METER, id: 'A-E' }],
  })
  sent = -1
  await fetch(`${host.httpUrl}/api/v1/readings`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('G-A:secret').toString('base64')}` },
    body: JSON.stringify({ v: 1, readings: [{ meter: 'A-E', at: HOUR_0, value: 0 }] }),
  })
  sent = 0
})
afterAll(async () => {
  await host.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Case {
  name: string
  file: string
  text: string
  /** Row and field as the command line names them. */
  row: number
  field: string
  reason: RegExp
  body: object
  /** Record and field as the API names them. */
  record: string
  path: RegExp
}
const SIZES = '机构编码,机构名称,行政区划代码,机构类型,生效日期,建筑面积,用能人数'
const METERS = '表计编号,机构编码,网关编号,能源种类,单位,上级表计,角色'
const cases: Case[] = [
  {
    name: 'a floor area of 0',
    file: 'institutions-zero.csv',
    text: `${SIZES}\nB,B,130102,党政机关,2020-01-01,100,5\nZ,Z,130102,党政机关,2020-01-01,0,5\n`,
    row: 3,
    field: '建筑面积',
    reason: /"0": .*>0/,
    body: institution('Z', { ...SIZE, floorAreaM2: 0 }),
    record: 'Z',
    path: /floorAreaM2$/,
  },
  {
    name: 'overlapping dated sizes',
    file: 'institutions-twice.csv',
    text: `${SIZES}\nZ,Z,130102,党政机关,2020-01-01,100,5\nZ,,,,2020-01-01,200,5\n`,
    row: 3,
    field: '生效日期',
    reason: /2020-01-01/,
    body: institution('Z', SIZE, { ...SIZE, floorAreaM2: 2 }),
    record: 'Z',
    path: /^validFrom$/,
  },
  {
    name: 'a cyclic meter tree',
    file: 'meters-cycle.csv',
    text: `${METERS}\nA-X,A,G-A,电,kWh,A-Y,分表\nA-Y,A,G-A,电,kWh,A-X,分表\n`,
    row: 2,
    field: 'parent',
    reason: /A-X.*A-Y/,
    body: {
      meters: [
        { ...METER, id: 'A-X', role: 'sub', parent: 'A-Y' },
        { ...METER, id: 'A-Y', role: 'sub', parent: 'A-X' },
      ],
    },
    record: 'A-X',
    path: /^parent$/,
  },
  {
    name: 'a unit that cannot convert',
    file: 'meters-unit.csv',
    text: `${METERS}\nA-X,A,G-A,电,kWh,A-E,分表\nA-U,A,G-A,电,m³,A-E,分表\n`,
    row: 3,
    field: 'unit',
    reason: /"m³" is not a unit of electricity/,
    body: { meters: [{ ...METER, id: 'A-U', unit: 'm³' }] },
    record: 'A-U',
    path: /^unit$/,
  },
  {
    name: 'a target year outside its plan',
    file: 'targets-year.csv',
    text: '考核对象,指标,基期,目标年,分年目标,依据\nA,能源消费总量,2025,2030,2026=10;2040=5,测试\n',
    row: 2,
    field: 'years',
    reason: /2040/,
    body: {
      targets: [
        { subject: 'A', indicator: 'energy', baseYear: 2025, endYear: 2030, years: { 2026: 10, 2040: 5 }, source: 't' },
      ],
    },
    record: 'A energy 2025-2030',
    path: /^years$/,
  },
]

describe.each(cases)('$name', ({ file, text, row, field, reason, body, record, path }) => {
  test('is refused by the import with its file, row and field, and the rest is still computed', async () => {
    const { code, outcome } = await imported(file, text)
    expect([code, outcome.imported]).toEqual([1, false])
    const found = outcome.refused.find((one) => one.row === row)
    expect(found, JSON.stringify(outcome)).toMatchObject({ file, field, reason: expect.stringMatching(reason) })
    await stillComputed()
  })

  test('is refused by the API with its record and field, and the rest is still computed', async () => {
    const refusal = await client.put('registry', body).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(ApiError)
    const { status, problem } = refusal as ApiError
    expect(status === 400 || status === 422).toBe(true)
    const named = (problem.problems ?? []).map((one) => [(one as { record?: string }).record ?? one.id, one.field])
    expect(named).toContainEqual([record, expect.stringMatching(path)])
    expect(problem.detail).toContain(record)
    await stillComputed()
  })
})

describe('people missing', () => {
  const missing = (id: string) => ({
    ...institution(id, { validFrom: '2020-01-01', floorAreaM2: 10 }),
    gateways: [{ id: `G-${id}`, institution: id, password: 'p' }],
    meters: [{ ...METER, id: `${id}-E`, institution: id, gateway: `G-${id}` }],
  })

  test('is warned of by the API with the institution and the field; what needs no people is still judged', async () => {
    const { warnings } = await client.put<{ warnings: { id: string; field: string }[] }>('registry', missing('P'))
    expect(warnings).toMatchObject([{ kind: 'institutions', id: 'P', field: 'energyUsers' }])
    const month = new Date(HOUR_0 + 8 * HOUR_MS).toISOString().slice(0, 7)
    const status = await client.get<InstitutionStatusView>(`institutions/A/status?month=${month}`)
    expect(status.institution).toBe('A')
    await stillComputed()
  })

  test('is warned of by the import with file, row and field', async () => {
    const { code, outcome } = await imported('institutions.csv', `${SIZES}\nP,P,130102,党政机关,2020-01-01,20,\n`)
    expect([code, outcome.imported]).toEqual([0, true])
    // The size of the same day is corrected, and the meter of P stands already.
    expect(outcome.warnings).toMatchObject([{ file: 'institutions.csv', row: 2, field: 'energyUsers' }])
    await stillComputed()
  })
})

describe('bills', () => {
  const bill = { institution: 'A', carrier: 'petrol', month: '2026-03', quantity: 1, unit: 'kg' }
  test.each([
    { name: 'a unit of another carrier', change: { unit: 'kWh' }, field: 'unit' },
    { name: 'an institution that is not registered', change: { institution: 'nobody' }, field: 'institution' },
    { name: 'a negative quantity', change: { quantity: -1 }, field: 'bills.0.quantity' },
    { name: 'a month that has not begun', change: { month: '2999-01' }, field: 'month' },
  ])('$name is refused by its record and field', async ({ change, field }) => {
    const refusal = await client.put('registry', { bills: [{ ...bill, ...change }] }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(ApiError)
    const [problem] = (refusal as ApiError).problem.problems ?? []
    expect(problem.field).toBe(field)
    expect((refusal as ApiError).message).toContain(change.institution ?? 'A')
  })

  test('billed twice in one import is refused', async () => {
    const refusal = await client.put('registry', { bills: [bill, bill] }).catch((error: unknown) => error)
    expect((refusal as ApiError).problem.problems).toMatchObject([{ kind: 'bills', index: 1, field: 'month' }])
  })

  test('a fuel without a CO2 factor is warned of by file and row, and counted', async () => {
    const { code, outcome } = await imported(
      'bills.csv',
      '机构编码,能源资源种类,月份,数量,单位\nA,柴油,2026-03,10,kg\nA,汽油,2026-03,10,kg\n',
    )
    expect([code, outcome.imported]).toEqual([0, true])
    expect(outcome.warnings).toMatchObject([
      { file: 'bills.csv', row: 3, field: 'carrier', reason: expect.stringContaining('no CO2 factor for petrol') },
    ])
  })
})
