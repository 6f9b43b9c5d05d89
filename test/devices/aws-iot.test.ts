// A gateway with a certificate against a real broker that judges by the policy which infra/ deploys: what it reaches,
// what it does not, and that neither a broker that is away nor one that is slow costs a reading.

import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { connectAsync, type MqttClient } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { awsIot, basicIngestTopic } from '../../devices/aws-iot.ts'
import { type DeviceGateway, startGateway } from '../../devices/gateway.ts'
import type { Reading, Source } from '../../devices/source.ts'
import type { UplinkState } from '../../devices/uplink.ts'
import { aclOf, policyOf } from '../infra/iot-policy.ts'
import { synth } from '../infra/synth.ts'
import { freePort, temporaryFolder, until } from './broker.ts'
import { type Authority, authority, type Files, type Mosquitto, startMosquitto } from './mosquitto.ts'

const RULE = 'kilowatch_prod_ingest'
const HOST = 'host'
const ACL = aclOf(policyOf(synth().template, 'GatewayPolicy', RULE))
const QUICK = { retryMsMin: 20, retryMsMax: 100, refusedRetryMs: 50, stopMsMax: 500 }

interface Heard {
  topic: string
  payload: { seq?: number; readings?: Reading[] }
}
interface Cloud {
  certificates: Authority
  start(port?: number): Promise<Mosquitto>
  /** What stands behind IoT Core's rules: hears everything. */
  listen(port: number): Promise<{ heard: Heard[]; client: MqttClient }>
}

function cloud(): Cloud {
  const certificates = authority(temporaryFolder())
  const server = certificates.issue('server')
  const host = certificates.issue(HOST)
  return {
    certificates,
    start: (port) => startMosquitto({ authority: certificates, server, acl: ACL, host: HOST, port }),
    async listen(port) {
      const client = await raw(port, certificates, host)
      const heard: Heard[] = []
      client.on('message', (topic, payload) => heard.push({ topic, payload: JSON.parse(String(payload)) }))
      await client.subscribeAsync(['#', '$aws/#'], { qos: 1 })
      return { heard, client }
    },
  }
}

async function raw(port: number, { authoritiesFile }: Authority, files: Files): Promise<MqttClient> {
  const client = await connectAsync(`mqtts://127.0.0.1:${port}`, {
    cert: readFileSync(files.certificateFile),
    key: readFileSync(files.keyFile),
    ca: readFileSync(authoritiesFile),
    reconnectPeriod: 0,
  })
  client.on('error', () => {})
  onTestFinished(() => client.endAsync(true))
  return client
}

const readingsOf = (count: number): Reading[] =>
  Array.from({ length: count }, (_, n) => ({ meter: 'E1', at: Date.UTC(2026, 10, 23) + n * 60_000, value: n }))
const sourceOf = (readings: readonly Reading[]): Source => ({
  async *readings() {
    yield readings
  },
})

interface Started {
  gateway: DeviceGateway
  states: UplinkState[]
}
function start(port: number, { authoritiesFile }: Authority, files: Files, readings: readonly Reading[]): Started {
  const id = 'gw-1'
  const { limits, ...options } = awsIot({ id, host: '127.0.0.1', port, rule: RULE, authoritiesFile, ...files })
  const states: UplinkState[] = []
  const gateway = startGateway({
    ...options,
    limits: { ...limits, ...QUICK },
    source: sourceOf(readings),
    outbox: { file: join(temporaryFolder(), `${id}.outbox`) },
    readingsPerMessage: 1,
    onState: (state) => states.push(state),
  })
  onTestFinished(() => gateway.stop())
  return { gateway, states }
}

/** Whoever connects to one port reaches the other: the line that was down. */
async function openWay(from: number, to: number): Promise<void> {
  const server = createServer((socket) => {
    const on = connect(to, '127.0.0.1')
    pipeline(socket, on, socket, () => {})
  })
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(from, '127.0.0.1', resolve))
}

const valuesIn = (heard: readonly Heard[]): number[] =>
  heard.flatMap(({ payload }) => (payload.readings ?? []).map(({ value }) => value))

describe('a gateway with its own certificate', () => {
  test('delivers by Basic Ingest, and says on its own topic how it is', async () => {
    const { certificates, start: startBroker, listen } = cloud()
    const { port } = await startBroker()
    const { heard } = await listen(port)
    const { gateway } = start(port, certificates, certificates.issue('gw-1'), readingsOf(20))
    await gateway.drained()
    await until('all are heard', () => valuesIn(heard).length === 20)
    expect(valuesIn(heard)).toEqual(readingsOf(20).map(({ value }) => value))
    const topics = new Set(heard.map(({ topic }) => topic))
    expect(topics).toEqual(new Set(['kw/v1/gw-1/status', basicIngestTopic(RULE, 'gw-1')]))
    // A retained status would be metered twice.
    const later = await listen(port)
    await later.client.publishAsync('kw/v1/gw-1/commands', '{}', { qos: 1 })
    await until('something is heard', () => later.heard.length > 0)
    expect(later.heard.map(({ topic }) => topic)).not.toContain('kw/v1/gw-1/status')
  })

  test('reaches its own topics and no others', async () => {
    const { certificates, start: startBroker, listen } = cloud()
    const { port } = await startBroker()
    const { heard, client: host } = await listen(port)
    const files = certificates.issue('gw-1')
    const own = [
      basicIngestTopic(RULE, 'gw-1'),
      ...['readings', 'status', 'results'].map((channel) => `kw/v1/gw-1/${channel}`),
    ]
    const foreign = [
      ...[
        basicIngestTopic(RULE, 'gw-2'),
        basicIngestTopic('other', 'gw-1'),
        'kw/v1/gw-1/commands',
        'kw/v1/gw-1/readings/more',
      ],
      ...['readings', 'status', 'results', 'commands'].map((channel) => `kw/v1/gw-2/${channel}`),
    ]
    for (const topic of [...foreign, ...own]) {
      // Some of what is foreign is answered with a PUBACK and dropped, some ends the connection: MQTT 3.1.1 has no
      // refusal.
      const one = await raw(port, certificates, files)
      const closed = new Promise<void>((resolve) => one.once('close', resolve))
      await Promise.race([one.publishAsync(topic, '{}', { qos: 1 }).catch(() => {}), closed])
      await one.endAsync(true)
    }
    await until('the own ones are heard', () => heard.length >= own.length)
    expect(heard.map(({ topic }) => topic)).toEqual(own)

    const client = await raw(port, certificates, files)
    const told: string[] = []
    client.on('message', (topic) => told.push(topic))
    await client.subscribeAsync('kw/v1/gw-1/commands', { qos: 1 })
    for (const filter of ['#', 'kw/v1/+/commands', 'kw/v1/gw-2/commands', '$aws/#']) {
      // mosquitto may grant the subscription and then deliver nothing; IoT Core refuses it.
      await client.subscribeAsync(filter, { qos: 1 }).catch(() => {})
    }
    for (const gateway of ['gw-2', 'gw-1']) await host.publishAsync(`kw/v1/${gateway}/commands`, '{}', { qos: 1 })
    await until('the command is heard', () => told.length > 0)
    expect(new Set(told)).toEqual(new Set(['kw/v1/gw-1/commands']))
  })

  test('cannot speak under another name than that of its certificate', async () => {
    const { certificates, start: startBroker, listen } = cloud()
    const { port } = await startBroker()
    const { heard } = await listen(port)
    const { gateway, states } = start(port, certificates, certificates.issue('gw-2'), readingsOf(1))
    await until('it is turned away', () => states.filter((state) => state === 'offline').length >= 2)
    expect(heard).toEqual([])
    expect(gateway.figures()).toMatchObject({ acknowledged: 0, outbox: { readings: 1 } })
  })

  test.each([
    [
      'that was revoked',
      (certificates: Authority) => {
        const files = certificates.issue('gw-1')
        certificates.revoke('gw-1')
        return files
      },
    ],
    ['of an authority that nobody knows', () => authority(temporaryFolder()).issue('gw-1')],
  ])('is refused with a certificate %s, tries slowly, and keeps its readings', async (_what, filesOf) => {
    const { certificates, start: startBroker } = cloud()
    const files = filesOf(certificates)
    const { port } = await startBroker()
    const { gateway, states } = start(port, certificates, files, readingsOf(5))
    await until('it is refused twice', () => states.filter((state) => state === 'refused').length >= 2)
    expect(states).not.toContain('online')
    expect(gateway.figures()).toMatchObject({ acknowledged: 0, outbox: { readings: 5 } })
  })

  test('keeps readings while the broker is away, and delivers each once when it is back', async () => {
    const { certificates, start: startBroker, listen } = cloud()
    const { port } = await startBroker()
    const { heard } = await listen(port)
    const wayPort = await freePort()
    const { gateway, states } = start(wayPort, certificates, certificates.issue('gw-1'), readingsOf(50))
    await until('it has tried in vain', () => states.filter((state) => state === 'offline').length >= 2)
    expect(gateway.figures()).toMatchObject({ offered: 50, acknowledged: 0, outbox: { readings: 50 } })
    await openWay(wayPort, port)
    await gateway.drained()
    await until('all are heard', () => valuesIn(heard).length >= 50)
    expect(valuesIn(heard).sort((a, b) => a - b)).toEqual(readingsOf(50).map(({ value }) => value))
  })

  test('drains no faster than IoT Core takes it', async () => {
    const { certificates, start: startBroker } = cloud()
    const { port } = await startBroker()
    const startedMs = performance.now()
    const { gateway } = start(port, certificates, certificates.issue('gw-1'), readingsOf(250))
    await gateway.drained()
    // A hundred a second, and not one more, however fast both machines are.
    expect(performance.now() - startedMs).toBeGreaterThan((250 / 100) * 1000)
    expect(gateway.figures()).toMatchObject({ acknowledged: 250, outbox: { entries: 0 } })
  })
})
