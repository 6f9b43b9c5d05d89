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
  expect(parse(json)).toThrow(`g.json: ${says}`)
})

test('all problems are told at once, those of the options too', () => {
  expect(parse({ ...withOptions({ everyMs: '1 min' }), password: 7 })).toThrow(
    /^g\.json: password: .*\ng\.json: options\.everyMs: .*$/,
  )
})

test('a file that is not JSON is told', () => {
  expect(() => parseGatewayConfig('{', 'g.json')).toThrow(/^g\.json is not JSON: /)
})

test.each(Object.entries(drivers))('the driver %s refuses options that it does not know', (_name, { options }) => {
  expect(options.safeParse({ noSuchOption: 1 }).error?.issues).toContainEqual(
    expect.objectContaining({ code: 'unrecognized_keys', keys: ['noSuchOption'] }),
  )
})
