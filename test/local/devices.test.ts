// Credentials of gateways on one machine, as a gateway meets them at the broker: new ones beside the old until they are
// confirmed, none after they are revoked, and commands to who is connected.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { PermanentFailure } from '../../functions/platform.ts'
import { startHost } from '../../local/host.ts'

async function opened() {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-devices-'))
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined })
  const clients: MqttClient[] = []
  onTestFinished(async () => {
    for (const client of clients) await client.endAsync(true)
    await host.close()
    rmSync(data, { recursive: true, force: true })
  })
  const connect = async (password: string): Promise<MqttClient> => {
    const options = { clientId: 'G1', username: 'G1', password, reconnectPeriod: 0 }
    const client = await connectAsync(host.mqttUrl, options)
    clients.push(client)
    return client
  }
  const { devices } = host.platform
  const issue = async (): Promise<string> => {
    const made = await devices.issue('G1')
    if (made.kind !== 'password') throw new Error('a gateway of one machine has a password')
    return made.secret
  }
  return { devices, connect, issue }
}

test('new credentials hold beside the old until they are confirmed', async () => {
  const { devices, connect, issue } = await opened()
  const old = await issue()
  await connect(old)
  const fresh = await issue()
  await connect(old)
  await connect(fresh)
  await devices.confirm('G1')
  await connect(fresh)
  await expect(connect(old)).rejects.toThrow('Bad username or password')
  await devices.confirm('G1')
  await connect(fresh)
})

test('credentials that were issued again before anyone confirmed replace those that nobody used', async () => {
  const { devices, connect, issue } = await opened()
  const [first, lost, third] = [await issue(), await issue(), await issue()]
  await connect(first)
  await expect(connect(lost)).rejects.toThrow('Bad username or password')
  await devices.confirm('G1')
  await connect(third)
})

test('a gateway that is revoked is cut off and stays out', async () => {
  const { devices, connect, issue } = await opened()
  const secret = await issue()
  const client = await connect(secret)
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  await devices.revoke('G1')
  await closed
  await expect(connect(secret)).rejects.toThrow('Bad username or password')
  await connect(await issue())
})

test('a command reaches the gateway that is connected', async () => {
  const { devices, connect, issue } = await opened()
  const client = await connect(await issue())
  await client.subscribeAsync('kw/v1/G1/commands', { qos: 1 })
  const heard = new Promise<{ topic: string; text: string; qos: number }>((resolve) =>
    client.once('message', (topic, payload, { qos }) => resolve({ topic, text: payload.toString(), qos })),
  )
  await devices.command('G1', { id: 'c1', name: 'readNow', arguments: { meter: 'A-E' } })
  expect(await heard).toEqual({
    topic: 'kw/v1/G1/commands',
    text: '{"v":1,"id":"c1","name":"readNow","arguments":{"meter":"A-E"}}',
    qos: 1,
  })
})

test('a signing request is for hosts with certificates', async () => {
  const { devices } = await opened()
  await expect(devices.issue('G1', 'CSR')).rejects.toThrow(PermanentFailure)
})
