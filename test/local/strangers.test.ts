// What a stranger can cost a host before it is known: a bounded number of bytes, a bounded number of password checks
// that delay nobody else, and no hint which gateways exist (docs/rules/platform.md#strangers).

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connectAsync } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startBroker } from '../../local/broker.ts'
import { credentialVerifier, localDevices } from '../../local/credentials.ts'
import { startHttp } from '../../local/http.ts'
import type { IngestQueue } from '../../local/ingest-queue.ts'
import { CONNECT_BYTES_MAX } from '../../local/stranger-gate.ts'
import { VerifierBusy, verifyQueue } from '../../local/verify-queue.ts'
import { openTestPlatform } from '../functions/province.ts'

const LONG = 'a-long-password-that-is-not-stretched'
const asker = (address: string, gone = false) => ({ address, isGone: () => gone })
const STORM = 1_500

async function verifier(hash = async () => Buffer.alloc(32, 1), nowMs = () => 0) {
  const platform = await openTestPlatform()
  await localDevices(platform.state).provision([
    { id: 'short', password: 'guess' },
    { id: 'long', password: LONG },
  ])
  let hashes = 0
  const counted = (): Promise<Buffer> => {
    hashes++
    return hash()
  }
  const verify = credentialVerifier(platform.state, { queue: verifyQueue(nowMs), hash: counted })
  return { verify, platform, hashes: () => hashes }
}

describe.each(['short', 'long', 'nobody', '__proto__'])('a wrong password of gateway %s costs', (id) => {
  test.each([
    ['one stretching, when it is short', 'wrong', 1],
    ['none, when it is long', `${LONG} not`, 0],
    ['one, when it is empty', '', 1],
  ])('%s', async (_, password, want) => {
    const { verify, hashes } = await verifier()
    expect(await verify(id, password, asker('a'))).toBe(false)
    expect(hashes()).toBe(want)
  })
})

test('right passwords are still right, by the real hash, also beside new credentials', async () => {
  const platform = await openTestPlatform()
  const devices = localDevices(platform.state)
  await devices.provision([{ id: 'short', password: 'guess' }])
  const made = await devices.issue('short')
  const verify = credentialVerifier(platform.state)
  const answers = await Promise.all(
    ['guess', made.kind === 'password' ? made.secret : '', 'wrong', ''].map((password) => verify('short', password)),
  )
  expect(answers).toEqual([true, true, false, false])
})

describe.each([
  ['of one gateway', () => 'short'],
  ['each of another gateway', (index: number) => `stranger-${index}`],
])(`${STORM} wrong passwords %s`, (_, idOf) => {
  test.each([
    ['another address', 'good', 2],
    ['the same address', 'bad', 2],
  ])(
    'delay a gateway at %s by two checks at most; those beyond the bound are told to come again',
    async (_name, address, turns) => {
      const { verify, hashes } = await verifier()
      const storm = Array.from({ length: STORM }, (_one, index) =>
        verify(idOf(index), `guess ${index}`, asker('bad')).catch((error: unknown) => error),
      )
      await new Promise(setImmediate)
      const before = hashes()
      await verify('nobody', 'its password', asker(address))
      expect(hashes() - before).toBeLessThanOrEqual(turns)
      // A generated secret waits for nobody.
      expect(await verify('long', LONG, asker('bad'))).toBe(true)
      expect(hashes()).toBeLessThan(STORM / 2)
      const busy = (await Promise.all(storm.slice(0, 100))).filter((one) => one instanceof VerifierBusy)
      expect(busy.length).toBeGreaterThan(90)
    },
  )
})

test('addresses take turns, and an address that only guesses is slowed down', async () => {
  let nowMs = 0
  const queue = verifyQueue(() => nowMs)
  const order: string[] = []
  const check =
    (name: string, right = false) =>
    async () => {
      order.push(name)
      return right
    }
  const first = Array.from({ length: 200 }, (_, index) => queue(asker('bad'), check(`bad ${index}`)))
  const others = [queue(asker('a'), check('a')), queue(asker('b'), check('b'))]
  await Promise.all([...first, ...others])
  expect(order.slice(0, 5).filter((name) => name === 'a' || name === 'b')).toEqual(['a', 'b'])
  await Promise.all(Array.from({ length: 101 }, (_, index) => queue(asker('bad'), check(`bad ${index}`))))
  const slowed = queue(asker('bad'), check('slowed'))
  await queue(asker('good'), check('good', true))
  expect(order.at(-1)).toBe('good')
  nowMs += 1_000
  await queue(asker('good'), check('good', true))
  expect(await slowed).toBe(false)
})

test.each(['short', 'nobody'])('the same wrong password of %s again and again is stretched once', async (id) => {
  const { verify, hashes, platform } = await verifier()
  const all = await Promise.all(Array.from({ length: 20 }, () => verify(id, 'wrong', asker('a'))))
  expect([hashes(), ...new Set(all)]).toEqual([1, false])
  await localDevices(platform.state).provision([{ id, password: 'another' }])
  await verify(id, 'wrong', asker('a'))
  expect(hashes()).toBe(2)
})

test('nobody is checked for a connection that has gone', async () => {
  const { verify, hashes } = await verifier()
  const gone = verify('short', 'x', asker('a', true)).catch((error: unknown) => error)
  expect(await gone).toBeInstanceOf(VerifierBusy)
  expect(hashes()).toBe(0)
})

const KNOWN = 'the-secret-of-the-good-gateway'
async function brokerWith(push: IngestQueue['push'] = (_, done) => done(null)) {
  const log: string[] = []
  const broker = await startBroker({
    ...{ host: '127.0.0.1', port: 0, verify: async (_, password) => password === KNOWN },
    ...{ queue: { push, drained: async () => {} }, now: Date.now, log: (line: string) => log.push(line) },
  })
  const sockets: Socket[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await broker.close()
  })
  const raw = async (bytes: Buffer): Promise<{ socket: Socket; closed: Promise<unknown> }> => {
    const socket = connect(broker.port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await once(socket, 'connect')
    socket.write(bytes)
    return { socket, closed }
  }
  const good = async () => {
    const options = { clientId: 'good', username: 'good', password: KNOWN, reconnectPeriod: 0 }
    return connectAsync(`mqtt://127.0.0.1:${broker.port}`, options)
  }
  return { log, raw, good }
}
/** A CONNECT that says it has `length` bytes after its header. */
const connectOf = (length: number, sent: number): Buffer => {
  const header = [0x10]
  for (let rest = length; ; ) {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    rest = Math.floor(rest / 128)
    if (rest === 0) break
  }
  return Buffer.concat([Buffer.from(header), Buffer.alloc(sent)])
}

test.each([3_500_000, CONNECT_BYTES_MAX + 1, 268_435_455])(
  'a CONNECT of %d bytes is cut at its first bytes',
  async (length) => {
    const { raw, log } = await brokerWith()
    await (await raw(connectOf(length, 3))).closed
    expect(log).toEqual([expect.stringContaining('a CONNECT over')])
  },
)

test('incomplete CONNECTs hold a bounded sum: the oldest go first, and a gateway gets in', async () => {
  const { raw, log, good } = await brokerWith()
  const count = Math.ceil((17 * 1024 * 1024) / CONNECT_BYTES_MAX)
  const all = []
  for (let index = 0; index < count; index++) all.push(await raw(connectOf(16_000, 15_900)))
  await all[0].closed
  expect(log[0]).toContain('too many connections')
  const client = await good()
  expect(all.at(-1)?.socket.destroyed).toBe(false)
  await client.endAsync()
})

test('a CONNECT that comes byte by byte is as good as any', async () => {
  const { raw } = await brokerWith()
  const bytes = Buffer.from(
    `101${'6'}00044d5154540402003c0004${Buffer.from('good').toString('hex')}0004${Buffer.from('good').toString('hex')}`,
    'hex',
  )
  bytes[1] = bytes.length - 2
  bytes[9] = 0x82
  const { socket } = await raw(bytes.subarray(0, 1))
  for (const byte of bytes.subarray(1)) {
    socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect([...answer]).toEqual([0x20, 2, 0, 4]) // no password
})

test('readings with QoS 2 that are never released are not kept', async () => {
  const payloads: WeakRef<Uint8Array>[] = []
  const { good } = await brokerWith(({ payload }, done) => {
    payloads.push(new WeakRef(payload as Uint8Array))
    done(null)
  })
  const client = await good()
  const stream = client.stream as Socket
  let recs = 0
  stream.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += 4) if (chunk[at] === 0x50) recs++
  })
  client.removeAllListeners('message')
  const topic = Buffer.from('kw/v1/good/readings')
  for (let id = 1; id <= 50; id++) {
    const body = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from([0, id]), randomBytes(100_000)])
    const header = connectOf(body.length, 0)
    header[0] = 0x34
    stream.write(Buffer.concat([header, body]))
  }
  while (recs < 50) await new Promise(setImmediate)
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  await new Promise(setImmediate)
  runInNewContext('gc')()
  expect(payloads.filter((one) => one.deref() !== undefined).length).toBeLessThan(5)
  client.end(true)
})

test('a body that was refused is not read on', async () => {
  const server = await startHttp({
    ...{ host: '127.0.0.1', port: 0, verify: async () => false, adminToken: 'token'.repeat(10) },
    ...{ api: async () => ({ statusCode: 200 }), web: () => undefined },
  })
  onTestFinished(() => server.close())
  const socket = connect(server.port, '127.0.0.1').on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const LENGTH = 200_000_000
  socket.write(`POST /api/v1/readings HTTP/1.1\r\nHost: x\r\nContent-Length: ${LENGTH}\r\n\r\n`)
  let sent = 0
  const chunk = Buffer.alloc(64 * 1024)
  const fill = (): void => {
    while (sent < LENGTH && !socket.destroyed) {
      sent += chunk.length
      if (!socket.write(chunk)) return
    }
  }
  socket.on('drain', fill)
  fill()
  let answer = ''
  socket.on('data', (part: Buffer) => {
    answer += part.toString()
  })
  await closed
  expect(answer).toContain('413')
  // What the two kernels hold on the way, and no more.
  expect(sent).toBeLessThan(LENGTH / 4)
})
