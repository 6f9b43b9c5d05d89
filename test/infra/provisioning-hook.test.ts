// Who gets a certificate by fleet provisioning: a gateway that is registered and has none, and nobody else.

import { IoTClient, ListThingPrincipalsCommand } from '@aws-sdk/client-iot'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { provisioningHook } from '../../cloud/provisioning-hook.ts'
import type { Doc, StateStore } from '../../functions/platform.ts'
import { registryKeys } from '../../functions/registry/reader.ts'

const REGISTERED = ['gw-new', 'gw-thing', 'gw-has', 'gw-throttled']

/** A state store that holds a registry of gateways and is only read. */
const state = {
  async get<T>(key: string): Promise<Doc<T> | undefined> {
    const docs: Record<string, unknown> = {
      [registryKeys.head]: { revision: 1, institutions: 0, meters: 0, shards: [], rootArea: null },
      ...Object.fromEntries(
        REGISTERED.map((id) => [registryKeys.gateway(id), { gateway: { id }, shard: 's', meters: {} }]),
      ),
    }
    return docs[key] === undefined ? undefined : { key, value: docs[key] as T, version: 1 }
  },
} as unknown as StateStore

const named = (name: string) => Object.assign(new Error(name), { name })

function ask(parameters: Record<string, string>) {
  const iot = new IoTClient({ region: 'cn-north-1' })
  const mock = mockClient(iot)
  mock.on(ListThingPrincipalsCommand).rejects(named('ResourceNotFoundException'))
  mock.on(ListThingPrincipalsCommand, { thingName: 'gw-thing' }).resolves({ principals: [] })
  mock.on(ListThingPrincipalsCommand, { thingName: 'gw-has' }).resolves({ principals: ['arn:aws-cn:iot:::cert/1'] })
  mock.on(ListThingPrincipalsCommand, { thingName: 'gw-throttled' }).rejects(named('ThrottlingException'))
  const lines: Record<string, unknown>[] = []
  const hook = provisioningHook({ state, iot, log: (line) => lines.push(JSON.parse(line)) })
  return { answer: hook({ claimCertificateId: 'claim', certificateId: 'new', parameters }), lines }
}

test.each([
  ['gw-new', true, undefined],
  ['gw-thing', true, undefined],
  ['gw-has', false, 'has a certificate already'],
  ['gw-stranger', false, 'not registered'],
  ['../etc', false, 'not a gateway id'],
])('%s: %s', async (gateway, allowProvisioning, reason) => {
  const { answer, lines } = ask({ Gateway: gateway })
  expect(await answer).toEqual({ allowProvisioning })
  expect(lines).toEqual([
    {
      what: 'provisioning',
      gateway,
      allowed: allowProvisioning,
      ...(reason && { reason }),
      claimCertificateId: 'claim',
      certificateId: 'new',
    },
  ])
})

test('a box that names no gateway gets nothing', async () => {
  expect(await ask({ SerialNumber: '1' }).answer).toEqual({ allowProvisioning: false })
})

test('says neither yes nor no when IoT Core cannot be asked', async () => {
  await expect(ask({ Gateway: 'gw-throttled' }).answer).rejects.toThrow('ThrottlingException')
})
