// Certificates of gateways in IoT Core: nobody gets in by half, what breaks off is cleaned up or can be gone on with,
// and a service that asks for patience gets it.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  IoTClient,
  ListThingPrincipalsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot'
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { iotDevices } from '../../cloud/devices.ts'
import { PermanentFailure } from '../../functions/platform.ts'
import { testClient } from './aws.ts'

const iot = mockClient(IoTClient)
const data = mockClient(IoTDataPlaneClient)
afterEach(() => {
  iot.reset()
  data.reset()
})

const client = (endpoint = 'http://127.0.0.1:1') => new IoTClient({ ...testClient(endpoint), maxAttempts: 5 })
const devices = (endpoint?: string) =>
  iotDevices({ iot: client(endpoint), policy: () => 'kilowatch-gateway', group: () => 'kilowatch-gateways' })
const arn = (id: string): string => `arn:aws:iot:eu-west-1:000000000000:cert/${id}`
const failing = (name: string) => Object.assign(new Error(`${name}!`), { name })
const steps = () => iot.calls().map(({ args }) => args[0].constructor.name.replace('Command', ''))

/** A registry of certificates that answers as IoT Core does. */
function core(certificates: Record<string, { status: string; createdMs: number; thing?: string }> = {}) {
  let made = 0
  const create = (keys: boolean) => () => {
    const id = `new${++made}`
    certificates[id] = { status: 'INACTIVE', createdMs: 1_000_000 + made }
    const pem = { certificateArn: arn(id), certificateId: id, certificatePem: `PEM of ${id}` }
    return keys ? { ...pem, keyPair: { PrivateKey: `KEY of ${id}` } } : pem
  }
  const idOf = (principal = ''): string => principal.slice(principal.lastIndexOf('/') + 1)
  iot.on(CreateThingCommand).resolves({})
  iot.on(CreateKeysAndCertificateCommand).callsFake(create(true))
  iot.on(CreateCertificateFromCsrCommand).callsFake(create(false))
  iot.on(ListThingPrincipalsCommand).callsFake(({ thingName }) => ({
    principals: Object.entries(certificates).flatMap(([id, { thing }]) => (thing === thingName ? arn(id) : [])),
  }))
  iot.on(AttachPolicyCommand).resolves({})
  iot.on(DetachPolicyCommand).resolves({})
  iot.on(AttachThingPrincipalCommand).callsFake(({ thingName, principal }) => {
    certificates[idOf(principal)].thing = thingName
    return {}
  })
  iot.on(DetachThingPrincipalCommand).callsFake(({ principal }) => {
    if (certificates[idOf(principal)].thing === undefined) throw failing('ResourceNotFoundException')
    certificates[idOf(principal)].thing = undefined
    return {}
  })
  iot.on(UpdateCertificateCommand).callsFake(({ certificateId, newStatus }) => {
    certificates[certificateId].status = newStatus
    return {}
  })
  iot.on(DescribeCertificateCommand).callsFake(({ certificateId }) => ({
    certificateDescription: { creationDate: new Date(certificates[certificateId].createdMs) },
  }))
  iot.on(DeleteCertificateCommand).callsFake(({ certificateId }) => {
    delete certificates[certificateId]
    return {}
  })
  return certificates
}

describe('a gateway', () => {
  test('gets a thing, a certificate with the policy, and its key once; the certificate is active last', async () => {
    const certificates = core()
    expect(await devices().issue('G1')).toEqual({
      kind: 'certificate',
      certificatePem: 'PEM of new1',
      privateKeyPem: 'KEY of new1',
    })
    expect(certificates).toEqual({ new1: { status: 'ACTIVE', createdMs: 1_000_001, thing: 'G1' } })
    expect(steps()).toEqual([
      'CreateThing',
      'AddThingToThingGroup',
      'ListThingPrincipals',
      'CreateKeysAndCertificate',
      'AttachPolicy',
      'AttachThingPrincipal',
      'UpdateCertificate',
    ])
    expect(iot.commandCalls(CreateKeysAndCertificateCommand)[0].args[0].input).toEqual({ setAsActive: false })
  })

  test('that made its key itself keeps it', async () => {
    core()
    expect(await devices().issue('G1', 'CSR')).toMatchObject({ privateKeyPem: null, certificatePem: 'PEM of new1' })
    expect(iot.commandCalls(CreateCertificateFromCsrCommand)[0].args[0].input).toMatchObject({
      certificateSigningRequest: 'CSR',
    })
  })

  test('whose thing fleet provisioning made gets a certificate all the same', async () => {
    core()
    iot.on(CreateThingCommand).rejects(failing('ResourceAlreadyExistsException'))
    expect(await devices().issue('G1')).toMatchObject({ kind: 'certificate' })
  })

  test('rotates: both hold until the new one is confirmed, then only the new one', async () => {
    const certificates = core({ old: { status: 'ACTIVE', createdMs: 5, thing: 'G1' } })
    await devices().issue('G1')
    expect([certificates.old.status, certificates.new1.status]).toEqual(['ACTIVE', 'ACTIVE'])
    await devices().confirm('G1')
    expect(certificates).toMatchObject({
      old: { status: 'INACTIVE', thing: undefined },
      new1: { status: 'ACTIVE', thing: 'G1' },
    })
    await devices().confirm('G1')
    expect(certificates.new1.status).toBe('ACTIVE')
  })

  test('does not collect certificates without end', async () => {
    const certificates = core()
    for (let n = 0; n < 3; n++) await devices().issue('G1')
    await expect(devices().issue('G1')).rejects.toThrow('gateway "G1" has 3 certificates')
    expect(Object.keys(certificates)).toHaveLength(3)
  })

  test('that is revoked has no way in, nor has one that never was', async () => {
    const certificates = core({
      a: { status: 'ACTIVE', createdMs: 5, thing: 'G1' },
      b: { status: 'ACTIVE', createdMs: 6, thing: 'G1' },
      c: { status: 'ACTIVE', createdMs: 7, thing: 'G2' },
    })
    await devices().revoke('G1')
    expect(Object.values(certificates).map(({ status }) => status)).toEqual(['REVOKED', 'REVOKED', 'ACTIVE'])
    iot.on(ListThingPrincipalsCommand).rejects(failing('ResourceNotFoundException'))
    await devices().revoke('G9')
  })

  test('of many pages of principals loses none', async () => {
    core()
    iot
      .on(ListThingPrincipalsCommand)
      .resolvesOnce({ principals: [arn('x')], nextToken: 'more' })
      .resolvesOnce({ principals: [arn('y'), arn('z')] })
    await expect(devices().issue('G1')).rejects.toThrow('has 3 certificates')
  })
})

describe('a certificate that could not be finished', () => {
  test.each([
    { at: AttachPolicyCommand, name: 'policy' },
    { at: AttachThingPrincipalCommand, name: 'thing' },
    { at: UpdateCertificateCommand, name: 'activation' },
  ])('at its $name is taken away, and the next try succeeds', async ({ at }) => {
    const certificates = core()
    // Each command has its own input type; here only the failure matters.
    const on = iot.on as (command: unknown) => ReturnType<typeof iot.on>
    on.call(iot, at).rejectsOnce(failing('ServiceUnavailableException'))
    await expect(devices().issue('G1')).rejects.toThrow('gateway "G1" got no certificate: ServiceUnavailable')
    expect(Object.values(certificates).filter(({ status }) => status === 'ACTIVE')).toEqual([])
    core(certificates)
    await devices().issue('G1')
    expect(Object.values(certificates).filter(({ status }) => status === 'ACTIVE')).toHaveLength(1)
  })

  test('nor taken away is named, and is not active', async () => {
    const certificates = core()
    iot.on(AttachThingPrincipalCommand).rejects(failing('ThrottlingException'))
    iot.on(DeleteCertificateCommand).rejects(failing('ThrottlingException'))
    await expect(devices().issue('G1')).rejects.toThrow(/certificate new1 is left behind: ThrottlingException/)
    expect(certificates.new1.status).toBe('INACTIVE')
  })

  test('a signing request that is refused is final', async () => {
    core()
    iot.on(CreateCertificateFromCsrCommand).rejects(failing('InvalidRequestException'))
    await expect(devices().issue('G1', 'no CSR')).rejects.toThrow(PermanentFailure)
  })
})

test('in bulk nothing is handed out, and a password is refused by name', async () => {
  expect(await devices().provision([{ id: 'G1' }, { id: 'G2' }])).toEqual([])
  await expect(devices().provision([{ id: 'G1' }, { id: 'G2', password: 'x' }])).rejects.toThrow(/gateway "G2"/)
  expect(iot.calls()).toHaveLength(0)
})

test('a command goes to the gateway with QoS 1; the endpoint is asked for once, and again after a failure', async () => {
  iot.on(DescribeEndpointCommand).rejectsOnce(failing('ThrottlingException')).resolves({
    endpointAddress: 'x-ats.iot.eu-west-1.amazonaws.com',
  })
  data.on(PublishCommand).resolves({})
  const endpoints: string[] = []
  const on = iotDevices({
    iot: client(),
    policy: () => 'p',
    group: () => 'g',
    dataPlane: (endpoint) => {
      endpoints.push(endpoint)
      return new IoTDataPlaneClient(testClient(endpoint))
    },
  })
  const command = { id: 'c1', name: 'readNow', arguments: { meter: 'A-E' } }
  await expect(on.command('G1', command)).rejects.toThrow('ThrottlingException')
  await on.command('G1', command)
  await on.command('G1', command)
  expect(endpoints).toEqual(['https://x-ats.iot.eu-west-1.amazonaws.com'])
  const [{ args }] = data.commandCalls(PublishCommand)
  expect(args[0].input).toMatchObject({ topic: 'kw/v1/G1/commands', qos: 1 })
  expect(JSON.parse(new TextDecoder().decode(args[0].input.payload as Uint8Array))).toEqual({ v: 1, ...command })
})

test('a service that is throttled is asked again, over the wire', async () => {
  iot.restore()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const throttled = asked.length <= 3
    response.writeHead(throttled ? 429 : 200, {
      'content-type': 'application/json',
      ...(throttled && { 'x-amzn-errortype': 'ThrottlingException' }),
    })
    response.end(throttled ? '{"message":"slow down"}' : '{"principals":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await devices(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).revoke('G1')
  expect(asked).toEqual(Array.from({ length: 4 }, () => 'GET /things/G1/principals'))
})
