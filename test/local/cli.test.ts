// The command line as a user has it: `node bin/kilowatch.mjs` in a process of its own. Exit codes 0, 1 and 2; with
// --json one document on stdout and nothing else; a message that says what to do where something is wrong.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readRegistry } from '../../functions/registry/reader.ts'
import { type Host, startHost } from '../../local/host.ts'
import { openPlatform } from '../../local/platform.ts'
import { testShared } from '../shared.ts'

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'kilowatch.mjs')

interface Run {
  code: number | null
  stdout: string
  stderr: string
}
/** Runs the command to its end, in a folder of the test. */
function kilowatch(cwd: string, ...args: string[]): Promise<Run> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...process.env, KILOWATCH_DATA: undefined } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const run: Run = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    run.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    run.stderr += text
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...run, code })))
}
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
async function hostOn(data: string): Promise<Host> {
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined })
  onTestFinished(() => host.close())
  return host
}
const oneDocument = (stdout: string): unknown => {
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  return JSON.parse(stdout)
}

describe('usage', () => {
  test('help goes to stdout and is no failure', async () => {
    const { code, stdout, stderr } = await kilowatch('.', '--help')
    expect([code, stderr]).toEqual([0, ''])
    for (const command of ['start', 'replay', 'gateway', 'import', 'settle']) expect(stdout).toContain(`  ${command} `)
  })

  const wrong: [args: string[], says: RegExp][] = [
    [[], /Usage: kilowatch/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['settle'], /required option '--cases <file>'/],
    [['settle', '--cases', 'x', '--fast'], /unknown option '--fast'/],
    [['gateway'], /required option '--config <file>'/],
    [['import'], /missing required argument 'files'/],
    [['start', '--port', '99999'], /a port is a number from 0 to 65535/],
  ]
  test.each(wrong)('wrong usage is told on stderr with exit code 2: %o', async (args, says) => {
    const { code, stdout, stderr } = await kilowatch('.', ...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(says)
  })
})

describe('settle', () => {
  interface Settled {
    id: string
    hours: [number, number | null, string][]
    total: number
  }
  testShared('prints the truth of every shared case', ['data/settle-cases/cases.json'], async (path) => {
    const { code, stdout, stderr } = await kilowatch('.', 'settle', '--cases', path, '--json')
    expect([code, stderr]).toEqual([0, ''])
    const settled = oneDocument(stdout) as Settled[]
    const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: { id: string; truth: Omit<Settled, 'id'> }[] }
    expect(settled.map(({ id }) => id)).toEqual(cases.map(({ id }) => id))
    const differs = (a: number | null, b: number | null) =>
      a === null || b === null ? a !== b : Math.abs(a - b) > 1e-9 * Math.max(1, Math.abs(b))
    for (const [n, { id, truth }] of cases.entries()) {
      const { hours, total } = settled[n]
      expect(hours.map(([startMs, , flag]) => [startMs, flag])).toEqual(
        truth.hours.map(([startMs, , flag]) => [startMs, flag]),
      )
      expect(
        hours.filter(([, kwh], hour) => differs(kwh, truth.hours[hour][1])),
        id,
      ).toEqual([])
      expect(differs(total, truth.total), id).toBe(false)
    }
  })

  test('a bad case is named and fails the command, and the others are settled', async () => {
    const folder = temporaryFolder()
    const good = {
      id: 'good',
      meter: { unit: 'kWh' },
      readings: [
        [0, 1],
        [3_600_000, 3],
      ],
    }
    writeFileSync(
      join(folder, 'cases.json'),
      JSON.stringify([{ id: 'bad', meter: { unit: 'cal' }, readings: [] }, good]),
    )
    const { code, stdout, stderr } = await kilowatch(folder, 'settle', '--cases', 'cases.json', '--json')
    expect(code).toBe(1)
    expect(oneDocument(stdout)).toMatchObject([
      { id: 'bad', error: expect.stringContaining('unit') },
      { id: 'good', total: 2 },
    ])
    expect(stderr).toContain('case "bad"')
  })

  test.each([
    ['is not there', undefined, /there is no file "cases\.json"/],
    ['is not JSON', '{', /cases\.json is not JSON/],
    ['is something else', '{"a":1}', /not a settle-cases file/],
  ])('a file that %s is told', async (_, text, says) => {
    const folder = temporaryFolder()
    if (text !== undefined) writeFileSync(join(folder, 'cases.json'), text)
    const { code, stdout, stderr } = await kilowatch(folder, 'settle', '--cases', 'cases.json', '--json')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(says)
  })
})

describe('import', () => {
  const BOM = '\uFEFF'
  const FILES = {
    'areas.csv': `${BOM}行政区划代码,名称,级别,上级代码\n130000,河北省,省级,\n\n130102,长安区,县级,130000\n`,
    'institutions.csv': `${BOM}机构编码,机构名称,行政区划代码,机构类型,生效日期,建筑面积,用能人数\nA,"市政府, 东院",130102,党政机关,2020-01-01,1200,80\nA,,,,2024-01-01,1500,90\n`,
    'gateways.csv': '网关编号,机构编码\nG-A,A\n',
    'meters.csv': '表计编号,机构编码,网关编号,能源种类,单位,倍率\nA-E,A,G-A,电,kWh,40\n',
    'targets.csv': '考核对象,指标,基期,目标年,基期值,总量控制目标,依据\n130000,能源消费总量,2025,2030,10,9,测试\n',
  }
  /** A folder with the files given in the place of the good ones. */
  function folderWith(files: Record<string, string | Uint8Array> = {}): { folder: string; names: string[] } {
    const folder = temporaryFolder()
    const all = { ...FILES, ...files }
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text)
    return { folder, names: Object.keys(all) }
  }
  const registryOf = async (data: string) => {
    const platform = await openPlatform(data)
    const registry = await readRegistry(platform.state)
    await platform.close()
    return registry
  }

  test('Chinese headers and words, a BOM and empty lines are read into a data folder without a host', async () => {
    const { folder, names } = folderWith()
    const { code, stdout, stderr } = await kilowatch(
      folder,
      'import',
      ...names.toReversed(),
      '--data',
      'data',
      '--json',
    )
    expect([code, stderr]).toEqual([0, ''])
    const outcome = oneDocument(stdout) as { secrets: { id: string; secret: string }[] }
    expect(outcome).toMatchObject({ imported: true, institutions: 1, meters: 1, refused: [], secrets: [{ id: 'G-A' }] })
    const registry = await registryOf(join(folder, 'data'))
    expect(registry.institutions[0]).toMatchObject({
      name: '市政府, 东院',
      type: 'government',
      sizes: [{ floorAreaM2: 1200 }, { validFrom: '2024-01-01', floorAreaM2: 1500 }],
    })
    expect(registry.meters[0]).toMatchObject({ medium: 'electricity', multiplier: 40, role: 'main' })
    expect(registry.targets[0]).toMatchObject({ subject: '130000', indicator: 'energy', cap: 9 })
  })

  test('a running host takes the files by HTTP, and has them at once', async () => {
    const { folder, names } = folderWith()
    const host = await hostOn(join(folder, 'data'))
    const { code, stdout, stderr } = await kilowatch(folder, 'import', ...names, '--data', 'data')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/1 institution and 1 meter\ngateway G-A: password \S{22} \(shown this once\)/)
    expect(stdout).toMatch(/^imported 2 areas \(2 new\), 1 institution \(1 new\), .*1 meter \(1 new\)/)
    expect((await readRegistry(host.platform.state)).meters).toHaveLength(1)
    const again = await kilowatch(folder, 'import', ...names, '--data', 'data')
    expect(again.code).toBe(0)
    expect(again.stdout).toMatch(/^imported 2 areas, .*1 meter.*; the registry has 1 institution and 1 meter\n$/)
  })

  test('of files with wrong rows nothing is imported; each row is named, and written to a file', async () => {
    const { folder, names } = folderWith({
      'meters.csv': '表计编号,机构编码,网关编号,能源种类,单位\nA-E,A,G-A,电,kWh\nA-X,A,G-A,光,kWh\nA-Y,A,G-A,水\n',
    })
    const { code, stdout, stderr } = await kilowatch(folder, 'import', ...names, '--data', 'data', '--refused', 'no')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/meters\.csv row 3: 能源种类: .*光/)
    expect(stderr).toMatch(/meters\.csv row 4: the row has 4 cells, the header 5/)
    expect(stderr).toContain('nothing was imported: 2 refused')
    const file = join(folder, 'no', 'meters.csv')
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines[0]).toBe(`${BOM}refused,表计编号,机构编码,网关编号,能源种类,单位`)
    expect(lines.slice(1).map((line) => line.split(',').at(-2))).toEqual(['G-A', '光'])
    // Corrected, the file goes in as it is: the reasons in front are passed over.
    const corrected = lines.map((line) => line.replace(',光,', ',电,').replace(/,水$/, ',水,m3'))
    writeFileSync(file, `${corrected.join('\n')}\n`)
    const others = names.filter((name) => !name.endsWith('meters.csv'))
    expect(await kilowatch(folder, 'import', ...others, join('no', 'meters.csv'), '--data', 'other')).toMatchObject({
      code: 0,
    })
    expect(existsSync(join(folder, 'data', 'state.sqlite'))).toBe(false)
  })

  test.each([
    ['a data folder', false],
    ['a running host', true],
  ])('what does not hold between records is named with its file and row, by %s', async (_, isRunning) => {
    const { folder, names } = folderWith({
      'targets.csv': `${FILES['targets.csv']}nobody,能源消费总量,2025,2030,10,9,测试\n`,
      'gateways.csv': '网关编号,机构编码\nG-A,A\nG-B,B\n',
    })
    if (isRunning) await hostOn(join(folder, 'data'))
    const { code, stdout } = await kilowatch(folder, 'import', ...names, '--data', 'data', '--json')
    expect(code).toBe(1)
    expect(oneDocument(stdout)).toMatchObject({
      imported: false,
      refused: [
        { file: 'gateways.csv', row: 3, field: 'institution' },
        { file: 'targets.csv', row: 3, field: 'subject' },
      ],
    })
  })

  test.each([
    ['is in another code page', { 'areas.csv': Uint8Array.of(0x63, 0x6f, 0xba, 0xd3) }, /areas\.csv is not UTF-8/],
    ['is empty', { 'areas.csv': '' }, /areas\.csv is empty/],
    ['has an open quote', { 'areas.csv': 'code,name\n1,"x\n' }, /areas\.csv: Quote Not Closed/],
    ['has another name', { 'people.csv': 'a\n1\n' }, /people\.csv: the name must begin with one of areas/],
    ['has a column twice', { 'areas.csv': 'code,name,level,code\n1,a,county,2\n' }, /areas\.csv row 1: code: .*twice/],
    ['lacks a column', { 'areas.csv': 'code,name\n1,a\n' }, /areas\.csv row 1: level: required column/],
  ])('a file that %s is refused by its name', async (_, files, says) => {
    const { folder, names } = folderWith(files)
    const { code, stdout, stderr } = await kilowatch(folder, 'import', ...names, '--data', 'data')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(says)
  })

  test('a host that does not answer, or is something else, is told', async () => {
    const { folder, names } = folderWith()
    const nobody = await kilowatch(folder, 'import', ...names, '--api', 'http://127.0.0.1:1', '--token', 'x')
    expect([nobody.code, nobody.stdout]).toEqual([1, ''])
    expect(nobody.stderr).toContain('http://127.0.0.1:1 does not answer')
    const host = await hostOn(join(folder, 'data'))
    const wrong = await kilowatch(folder, 'import', ...names, '--api', host.httpUrl, '--token', 'x')
    expect([wrong.code, wrong.stdout]).toEqual([1, ''])
    expect(wrong.stderr).toContain('needs the credentials of an admin')
  })
})

describe('start', () => {
  /** A port that somebody else listens on. */
  async function takenPort(): Promise<number> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  }
  const START = ['start', '--no-demo', '--no-web', '--data', 'data']

  test.each([
    ['HTTP', '--port', '--mqtt-port'],
    ['MQTT', '--mqtt-port', '--port'],
  ])('a taken %s port ends it with a sentence, and the folder is free again', async (name, option, other) => {
    const folder = temporaryFolder()
    const port = await takenPort()
    const { code, stdout, stderr } = await kilowatch(folder, ...START, option, String(port), other, '0')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(
      `kilowatch: ${name} port ${port} is taken by another program; choose another with ${option}`,
    )
    const platform = await openPlatform(join(folder, 'data'))
    await platform.close()
  })

  test('a second host on the same data folder ends with a sentence, and the first one stays', async () => {
    const folder = temporaryFolder()
    const host = await hostOn(join(folder, 'data'))
    const { code, stderr } = await kilowatch(folder, ...START, '--port', '0', '--mqtt-port', '0')
    expect(code).toBe(1)
    expect(stderr).toContain('the data folder "data" is in use by another kilowatch')
    expect(existsSync(join(folder, 'data', 'host.json'))).toBe(true)
    expect((await fetch(`${host.httpUrl}/api/v1/health`)).status).toBe(200)
  })
})
