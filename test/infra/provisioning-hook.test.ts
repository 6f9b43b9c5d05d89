// Who gets a certificate by fleet provisioning: the box with the serial number and the one-time code of a gateway that
// is registered and has none, and nobody else.

import { IoTClient, ListThingPrincipalsCommand } from '@aws-sdk/client-iot'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { jsonLog } from '../../cloud/log.ts'
import { provisioningHook } from '../../cloud/provisioning-hook.ts'
import { DAY_MS } from '../../domain/calendar.ts'
import { issueEnrolment } from '../../functions/registry/enrolment.ts'
import { withinRights } from '../cloud/cloud-host.ts'
import { institution, NOON_MS, oneInstitution, openTestPlatform, register } from '../functions/province.ts'

const REGISTERED = ['gw-new', 'gw-thing', 'gw-has', 'gw-throttled']
const SERIAL = 'SN-0042'

const named = (name: string) => Object.assign(new Error(name), { name })

async function opened() {
  const platform = await openTestPlatform()
  const gateways = REGISTERED.map((id) => ({ id, institution: 'A' }))
  await register(platform, { ...oneInstitution([]), institutions: [institution('A', '130102')], gateways })
  const iot = new IoTClient({ region: 'cn-north-1' })
  const mock = mockClient(iot)
  mock.on(ListThingPrincipalsCommand).rejects(named('ResourceNotFoundException'))
  mock.on(ListThingPrincipalsCommand, { thingName: 'gw-thing' }).resolves({ principals: [] })
  mock.on(ListThingPrincipalsCommand, { thingName: 'gw-has' }).resolves({ principals: ['arn:aws-cn:iot:::cert/1'] })
  mock.on(ListThingPrincipalsCommand, { thingName: 'gw-throttled' }).rejects(named('ThrottlingException'))
  const lines: Record<string, unknown>[] = []
  const log = jsonLog({ now: platform.now, write: (line) => lines.push(JSON.parse(line)) })
  const state = withinRights(platform.state, 'provisioning')
  const hook = provisioningHook({ state, iot, now: platform.now, log })
  const ask = async (parameters: Record<string, string>) => {
    const { allowProvisioning } = await hook({ claimCertificateId: 'claim', certificateId: 'new', parameters })
    return { allowProvisioning, reason: lines.at(-1)?.reason }
  }
  const issue = async (gateway: string): Promise<string> =>
    (await issueEnrolment(platform.state, { gateway, serial: SERIAL, nowMs: platform.now() })).code
  return { ask, issue, clock: platform.clock, lines }
}

test.each([
  ['gw-new', true, undefined],
  ['gw-thing', true, undefined],
  ['gw-has', false, 'has a certificate already'],
  ['gw-stranger', false, 'not registered'],
  ['../etc', false, 'not a gateway id'],
])('%s: %s', async (gateway, allowProvisioning, reason) => {
  const { ask, issue, lines } = await opened()
  const answer = await ask({ Gateway: gateway, Serial: SERIAL, Code: await issue(gateway) })
  expect(answer).toEqual({ allowProvisioning, reason })
  expect(lines).toEqual([
    expect.objectContaining({
      level: allowProvisioning ? 'INFO' : 'WARN',
      message: allowProvisioning ? 'certificate allowed' : 'certificate refused',
      ...{ gateway, serial: SERIAL, claimCertificateId: 'claim', certificateId: 'new' },
    }),
  ])
})

test('a claim certificate alone, and a registered name, are not enough', async () => {
  const { ask, issue } = await opened()
  const none = { allowProvisioning: false, reason: 'has no code that was not used' }
  expect(await ask({ Gateway: 'gw-new' })).toEqual(none)
  expect(await ask({ Gateway: 'gw-new', Serial: SERIAL, Code: '' })).toEqual(none)
  const code = await issue('gw-new')
  const asked = async (more: Record<string, string>) => (await ask({ Gateway: 'gw-new', ...more })).reason
  expect(await asked({})).toBe('the code is wrong')
  expect(await asked({ Serial: SERIAL })).toBe('the code is wrong')
  expect(await asked({ Serial: SERIAL, Code: `${code}x` })).toBe('the code is wrong')
  expect(await asked({ Code: code })).toBe('the serial number is another')
  expect(await asked({ Serial: 'SN-0043', Code: code })).toBe('the serial number is another')
  // The code of another gateway's box.
  expect(await asked({ Serial: SERIAL, Code: await issue('gw-thing') })).toBe('the code is wrong')
  expect(await asked({ Serial: SERIAL, Code: code })).toBeUndefined()
})

test('a code holds once, also for two who ask at the same time; a new one ends the one before; it expires', async () => {
  const { ask, issue, clock } = await opened()
  const asked = async (Code: string) => (await ask({ Gateway: 'gw-new', Serial: SERIAL, Code })).allowProvisioning
  const first = await issue('gw-new')
  const second = await issue('gw-new')
  expect(await asked(first)).toBe(false)
  expect((await Promise.all([asked(second), asked(second), asked(second)])).filter(Boolean)).toHaveLength(1)
  expect([await asked(second), await asked(first), await asked('')]).toEqual([false, false, false])
  const third = await issue('gw-new')
  clock.nowMs = NOON_MS + 30 * DAY_MS
  expect(await ask({ Gateway: 'gw-new', Serial: SERIAL, Code: third })).toMatchObject({
    reason: 'its code has expired',
  })
})

test('a box that names no gateway gets nothing', async () => {
  const { ask } = await opened()
  expect((await ask({ SerialNumber: '1' })).allowProvisioning).toBe(false)
})

test('says neither yes nor no when IoT Core cannot be asked, and the code still holds', async () => {
  const { ask, issue } = await opened()
  const asking = { Gateway: 'gw-throttled', Serial: SERIAL, Code: await issue('gw-throttled') }
  await expect(ask(asking)).rejects.toThrow('ThrottlingException')
  await expect(ask(asking)).rejects.toThrow('ThrottlingException')
})
