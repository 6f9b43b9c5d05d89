// The configuration file of `kilowatch gateway`: what is wrong in it is told by file, field and reason.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drivers } from '../../../devices/drivers.ts'
import { parseGatewayConfig } from '../../../local/command/gateway-config.ts'

const GOOD = {
  gateway: 'G-A',
  url: 'mqtt://127.0.0.1:1883',
  password: 'secret',
  outbox: 'g-a.outbox',
  driver: 'blueprint',
  options: { meters: [{ meter: 'A-E', url: 'http://127.0.0.1:8000/energy' }], everyMs: 60_000 },
}
const parse = (json: unknown) => () => parseGatewayConfig(JSON.stringify(json), 'g.json')
const withOptions = (options: object) => ({ ...GOOD, options: { ...GOOD.options, ...options } })

test('a good file gives the gateway, and its outbox seen from the folder of the file', () => {
  expect(parseGatewayConfig(JSON.stringify(GOOD), join('etc', 'g.json'))).toMatchObject({
    ...{ gateway: 'G-A', url: GOOD.url, password: 'secret', driver: 'blueprint' },
    outbox: join(process.cwd(), 'etc', 'g-a.outbox'),
    source: expect.any(Function),
  })
})

test.each([
  ['no gateway', { ...GOOD, gateway: undefined }, 'gateway: is missing'],
  ['a gateway id with a space', { ...GOOD, gateway: 'G A' }, 'gateway: must be 1 to 64 letters'],
  [
    'the address of a page',
    { ...GOOD, url: 'http://a' },
    'url: is not the address of a broker; write mqtt://host:port',
  ],
  ['no address', { ...GOOD, url: undefined }, 'url: is missing'],
  ['an empty password', { ...GOOD, password: '' }, 'password: is empty'],
  ['a number for the outbox', { ...GOOD, outbox: 1 }, 'outbox: expected string, received number'],
  ['an unknown driver', { ...GOOD, driver: 'no-such-driver' }, 'driver: is not a driver; there is blueprint'],
  ['no driver', { ...GOOD, driver: undefined }, 'driver: is missing'],
  ['the name of something that every object has', { ...GOOD, driver: 'toString' }, 'driver: is not a driver'],
  ['a misspelt field', { ...GOOD, pasword: 'x' }, 'pasword: is not a known field'],
  ['no options', { ...GOOD, options: undefined }, 'options: is missing'],
  ['no meter', withOptions({ meters: [] }), 'options.meters: expected array to have >=1 items'],
  ['no time between rounds', withOptions({ everyMs: undefined }), 'options.everyMs: is missing'],
  ['no time at all', withOptions({ everyMs: 0 }), 'options.everyMs: expected number to be >=500'],
  ['a misspelt option', withOptions({ everMs: 1 }), 'options.everMs: is not a known field'],
  ['a meter without address', withOptions({ meters: [{ meter: 'A-E' }] }), 'options.meters[0].url: '],
  ['a list', [], 'the file: expected object, received array'],
  ['nothing', null, 'the file: expected object, received null'],
])('%s is told', (_, json, says) => {
  expect(parse(json)).toThrow(`g.json:1: ${says}`)
})

test('all problems are told at once, those of the options too', () => {
  expect(parse({ ...withOptions({ everyMs: '1 min' }), password: 7 })).toThrow(
    /^g\.json:1: password: .*\ng\.json:1: options\.everyMs: .*$/,
  )
})

test('a file that is not JSON is told', () => {
  expect(() => parseGatewayConfig('{', 'g.json')).toThrow(/^g\.json:1: is not JSON: /)
})

test.each(Object.entries(drivers))('the driver %s refuses options that it does not know', (_name, { options }) => {
  expect(options.safeParse({ noSuchOption: 1 }).error?.issues).toContainEqual(
    expect.objectContaining({ code: 'unrecognized_keys', keys: ['noSuchOption'] }),
  )
})

const YAML = `# One line is wrong, the other runs.
gateway: G-A
url: mqtt://127.0.0.1:1883
password: secret
outbox: g-a.outbox
lines:
  - name: first
    tcp: 127.0.0.1:2000
    meters:
      - { template: dlt645-2007, address: 12345678, meter: A-E }
      - { template: cjt188-heat, address: 00000012345678, meters: { heat: A-H, volume: A-W } }
  - name: second
    tcp: 127.0.0.1:2001
    meters:
      - template: dlt645-2007
        address: 1
        meter: A-2
`

test('a YAML file with lines gives a source, whatever the order of keys', () => {
  expect(parseGatewayConfig(YAML, 'g.yaml')).toMatchObject({ driver: 'lines', problems: [], password: 'secret' })
})

test('an address that stands twice is told, however it is written', () => {
  const twice = `${YAML}      - { template: dlt645-2007, address: "01", meter: A-3 }\n`
  expect(parseGatewayConfig(twice, 'g.yaml').problems).toEqual([
    'g.yaml:18: lines[1].meters[1].address: 000000000001 stands twice on this line',
  ])
})

test.each([
  [
    'an unknown template',
    'template: dlt645-2007\n',
    'template: nosuch\n',
    'g.yaml:15: lines[1].meters[0].template: no',
  ],
  ['a meter twice', 'meter: A-2', 'meter: A-E', 'g.yaml:17: lines[1].meters[0].meter: meter A-E stands twice'],
  ['a place twice', '127.0.0.1:2001', '127.0.0.1:2000', 'g.yaml:13: lines[1].tcp: another line uses'],
  ['an address of letters', 'address: 1\n', 'address: x1\n', 'g.yaml:16: lines[1].meters[0].address: "x1" is not'],
  ['no transport', '    tcp: 127.0.0.1:2001\n', '', 'g.yaml:12: lines[1]: needs either "tcp" or "serial"'],
  ['a port that is none', '127.0.0.1:2001', '127.0.0.1', 'g.yaml:13: lines[1].tcp: must be host:port'],
  ['a misspelt key', 'name: second', 'name: second\n    retires: 1', 'g.yaml:13: lines[1].retires: is not a known'],
  ['a field that is none', 'meter: A-2', 'meters: { gas: A-2 }', 'g.yaml:17: lines[1].meters[0].meters.gas: the'],
  ['two kinds of meters', 'meter: A-2', 'meter: A-2\n        meters: { a: B }', 'g.yaml:15: lines[1].meters[0]: needs'],
])('%s is told by its line, and the other line runs', (_, from, to, says) => {
  const { problems } = parseGatewayConfig(YAML.replace(new RegExp(`${from}(?!.*${from})`, 's'), to), 'g.yaml')
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(says)
})

test('when no line is right, or the file is no YAML, the command ends with the reasons', () => {
  expect(() => parseGatewayConfig(YAML.replaceAll('dlt645-2007', 'nosuch'), 'g.yaml')).toThrow(
    /g\.yaml:10: .*g\.yaml:15/s,
  )
  expect(() => parseGatewayConfig(`${YAML}  bad: [`, 'g.yaml')).toThrow(/g\.yaml:18: is not YAML/)
  expect(() => parseGatewayConfig(`${YAML}gateway: G-B\n`, 'g.yaml')).toThrow(/g\.yaml:18: is not YAML: .*unique/)
})

test('a certificate takes the place of the password', () => {
  const withKey = YAML.replace('password: secret', 'certificate: g.pem\nkey: g.key\nauthorities: ca.pem')
  expect(parseGatewayConfig(withKey, '/etc/g.yaml').files).toEqual({
    cert: '/etc/g.pem',
    key: '/etc/g.key',
    ca: '/etc/ca.pem',
  })
  expect(() => parseGatewayConfig(withKey.replace('key: g.key\n', ''), 'g.yaml')).toThrow('key: is missing beside')
})
