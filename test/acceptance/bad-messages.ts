// What a broken or hostile device may send, each row wrong in one way, with its treatment: bad messages are
// acknowledged and kept with a reason, because to send the same bytes again would not make them better; the rest is
// refused or cut.

import type { IClientOptions, IClientPublishOptions } from 'mqtt'
import type { RejectionCode } from '../../domain/wire/reading.ts'

export interface BadMessage {
  behaviour: string
  payload: string | Buffer
  code: RejectionCode
  /** Readings of the message that are stored all the same. */
  stored?: number
}

/** Meters `bad-E` and `neighbour-E` are electricity; the sender has the first. `nowMs`: about now. */
export function badMessages(nowMs: number): BadMessage[] {
  const good = { meter: 'bad-E', at: nowMs, value: 1 }
  const one = (reading: Record<string, unknown>) => message([{ ...good, ...reading }])
  return [
    { behaviour: 'an unknown meter', payload: one({ meter: 'nobody-E' }), code: 'unknownMeter' },
    { behaviour: "another gateway's meter", payload: one({ meter: 'neighbour-E' }), code: 'meterOfOtherGateway' },
    { behaviour: 'a meter called `__proto__`', payload: one({ meter: '__proto__' }), code: 'unknownMeter' },
    { behaviour: 'a meter id with a NUL', payload: one({ meter: 'bad\0E' }), code: 'badReading' },
    { behaviour: 'the time is of 1970', payload: one({ at: '1970-01-01T08:00:00+08:00' }), code: 'atTooOld' },
    {
      behaviour: 'the time is just after 2000-01-01, 2001, 2010',
      payload: one({ at: '2010-01-02T08:00:00+08:00' }),
      code: 'clockNotSet',
    },
    { behaviour: 'the time is of next year', payload: one({ at: nowMs + 365 * 86_400_000 }), code: 'atInFuture' },
    { behaviour: 'the time has no offset', payload: one({ at: '2026-01-01T00:00:00' }), code: 'badTime' },
    { behaviour: 'a unit of another medium', payload: one({ unit: 'm3' }), code: 'unitNotConvertible' },
    { behaviour: 'the value is text', payload: one({ value: '1' }), code: 'badReading' },
    { behaviour: 'the value is 1e999', payload: one({}).replace('"value":1', '"value":1e999'), code: 'notFinite' },
    { behaviour: 'the value is NaN', payload: one({}).replace('"value":1', '"value":NaN'), code: 'notJson' },
    {
      behaviour: 'the value is a list 50,000 levels deep',
      payload: one({}).replace('"value":1', `"value":${'['.repeat(50_000)}${']'.repeat(50_000)}`),
      code: 'badReading',
    },
    { behaviour: '100,000 opening brackets', payload: '['.repeat(100_000), code: 'notJson' },
    { behaviour: 'not JSON', payload: '{"v":1,"readings":[', code: 'notJson' },
    { behaviour: 'an empty message', payload: '', code: 'notJson' },
    { behaviour: 'not UTF-8', payload: Buffer.from(one({}).replace('bad-E', 'b\xE4d-E'), 'latin1'), code: 'notUtf8' },
    {
      behaviour: 'the message under a `__proto__` key',
      payload: `{"__proto__":${one({})},"constructor":${one({})}}`,
      code: 'badEnvelope',
    },
    { behaviour: 'another version', payload: one({}).replace('"v":1', '"v":2'), code: 'unsupportedVersion' },
    { behaviour: 'a negative seq', payload: one({}).replace('"v":1', '"v":1,"seq":-1'), code: 'badEnvelope' },
    { behaviour: 'a payload of 1 MB', payload: ' '.repeat(1_000_000), code: 'payloadTooLarge' },
    {
      behaviour: '10,000 whole readings in one message',
      payload: message(Array.from({ length: 10_000 }, () => good)),
      code: 'payloadTooLarge',
    },
    {
      behaviour: '10,000 short readings in one message',
      payload: message(Array.from({ length: 10_000 }, () => ({}))),
      code: 'tooManyReadings',
    },
    {
      behaviour: 'one bad reading among good ones',
      payload: message([
        { ...good, at: nowMs - 2 },
        { ...good, value: null },
        { ...good, at: nowMs - 1 },
      ]),
      code: 'badReading',
      stored: 2,
    },
  ]
}

export const message = (readings: readonly Record<string, unknown>[]): string => JSON.stringify({ v: 1, readings })

export const PASSWORDS = {
  bad: 'the-secret-of-the-bad-one',
  neighbour: 'the-secret-of-the-neighbour',
  /** Short, so that it is stretched: each guess at it costs the host 50 ms. */
  victim: 'guess',
} as const
export const credentials = (id: keyof typeof PASSWORDS) => ({ clientId: id, username: id, password: PASSWORDS[id] })

/** Refused before anything else is read. `answer`: CONNACK code. */
export const BAD_CONNECTIONS: { behaviour: string; options: IClientOptions; answer: number }[] = [
  { behaviour: 'a wrong password', options: { ...credentials('bad'), password: 'wrong' }, answer: 4 },
  { behaviour: 'no password', options: { clientId: 'bad', username: 'bad' }, answer: 4 },
  { behaviour: 'no user name', options: { clientId: 'bad' }, answer: 4 },
  {
    behaviour: 'an unknown gateway',
    options: { clientId: 'nobody', username: 'nobody', password: PASSWORDS.bad },
    answer: 4,
  },
  {
    behaviour: 'a gateway called `__proto__`',
    options: { clientId: '__proto__', username: '__proto__', password: PASSWORDS.bad },
    answer: 4,
  },
  { behaviour: 'a client id that is not the user name', options: { ...credentials('bad'), clientId: 'x' }, answer: 4 },
  { behaviour: 'MQTT 5', options: { ...credentials('bad'), protocolVersion: 5 }, answer: 1 },
]

/** The connection is closed, and nothing is stored. */
export const BAD_PUBLISHES: { behaviour: string; topic: string; payload?: Buffer }[] = [
  { behaviour: "publishing another gateway's readings", topic: 'kw/v1/victim/readings' },
  { behaviour: "publishing another gateway's status", topic: 'kw/v1/victim/status' },
  { behaviour: 'publishing commands', topic: 'kw/v1/bad/commands' },
  { behaviour: 'publishing below its own topic', topic: 'kw/v1/bad/readings/more' },
  { behaviour: 'publishing to `$SYS`', topic: '$SYS/broker' },
  { behaviour: 'a status of 1 MB', topic: 'kw/v1/bad/status', payload: Buffer.alloc(1_000_000, 'x') },
  { behaviour: 'a packet of 20 MB', topic: 'kw/v1/bad/readings', payload: Buffer.alloc(20_000_000, 'x') },
]

/** SUBACK 128; the connection stays. */
export const BAD_SUBSCRIPTIONS: { behaviour: string; filter: string }[] = [
  { behaviour: 'subscribing to everything', filter: '#' },
  { behaviour: "subscribing to everyone's readings", filter: 'kw/v1/+/readings' },
  { behaviour: "subscribing to another gateway's commands", filter: 'kw/v1/victim/commands' },
  { behaviour: 'subscribing to its own topics by a wildcard', filter: 'kw/v1/bad/#' },
  { behaviour: 'subscribing to `$SYS`', filter: '$SYS/#' },
]

/** Unusual, but nothing is wrong with the readings: stored. */
export const ODD_PUBLISHES: { behaviour: string; options: IClientPublishOptions; treatment: string }[] = [
  {
    behaviour: 'readings with QoS 0',
    options: { qos: 0 },
    treatment: 'stored; there is no PUBACK, so a loss on the way goes unseen',
  },
  { behaviour: 'readings with QoS 2', options: { qos: 2 }, treatment: 'stored before PUBREC' },
  {
    behaviour: 'readings with RETAIN',
    options: { qos: 1, retain: true },
    treatment: 'stored as any others; the broker retains none',
  },
  {
    behaviour: 'the same readings again (DUP)',
    options: { qos: 1, dup: true },
    treatment: 'acknowledged; counted once',
  },
]

/** The connection is closed. */
export const BAD_BYTES: { behaviour: string; bytes: Buffer }[] = [
  { behaviour: 'HTTP on the MQTT port', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n') },
  { behaviour: 'noise on the MQTT port', bytes: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251)) },
  { behaviour: 'PUBLISH before CONNECT', bytes: Buffer.from([0x30, 5, 0, 1, 0x61, 1, 2]) },
  { behaviour: 'a packet length of five bytes', bytes: Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]) },
]
