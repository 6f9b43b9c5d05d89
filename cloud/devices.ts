// The devices port over AWS IoT Core: a thing for each gateway, with certificates that carry the gateways' policy. A
// certificate is created inactive and activated as the last step, so that a cut-off operation gives nobody access.

import {
  AddThingToThingGroupCommand,
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  type CertificateStatus,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  type IoTClient,
  ListThingPrincipalsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot'
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { topicOf } from '../domain/wire/topic.ts'
import { type DeviceCredentials, type DeviceRegistry, PermanentFailure } from '../functions/platform.ts'

/** Per gateway: the one in use, the one being introduced, and one left by a cut-off rotation. */
const CERTIFICATES_MAX = 3

export interface IotDevicesOptions {
  iot: IoTClient
  /** Name of the certificates' policy. */
  policy(): string
  /** Name of the things' type and of their group. */
  group(): string
  /** Creates a data-plane client for an endpoint; tests pass their own. */
  dataPlane?: (endpoint: string) => IoTDataPlaneClient
}

export function iotDevices({ iot, policy, group, dataPlane = openDataPlane }: IotDevicesOptions): DeviceRegistry {
  let opened: Promise<IoTDataPlaneClient> | undefined
  const data = (): Promise<IoTDataPlaneClient> => {
    opened ??= iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' })).then(
      ({ endpointAddress }) => dataPlane(`https://${endpointAddress}`),
      (error: unknown) => {
        opened = undefined // the next command asks again
        throw error
      },
    )
    return opened
  }

  /** ARNs of a thing's certificates; empty when the thing does not exist. */
  async function principalsOf(thingName: string): Promise<string[]> {
    const found: string[] = []
    let nextToken: string | undefined
    try {
      do {
        const page = await iot.send(new ListThingPrincipalsCommand({ thingName, nextToken }))
        found.push(...(page.principals ?? []))
        nextToken = page.nextToken
      } while (nextToken)
    } catch (error) {
      unlessAbsent(error)
    }
    return found
  }

  const setStatus = (certificateId: string, newStatus: CertificateStatus) =>
    iot.send(new UpdateCertificateCommand({ certificateId, newStatus }))

  /**
   * Ends access by a certificate, which stays as a record. Sets the status first, since the later steps may be cut off.
   */
  async function end(thingName: string, principal: string, status: 'INACTIVE' | 'REVOKED'): Promise<void> {
    await setStatus(certificateIdOf(principal), status)
    await iot.send(new DetachPolicyCommand({ policyName: policy(), target: principal }))
    await iot.send(new DetachThingPrincipalCommand({ thingName, principal }))
  }

  /** Removes a certificate that nobody will receive. One that it cannot remove is inactive; the error names it. */
  async function discard(thingName: string, arn: string): Promise<void> {
    await iot.send(new DetachThingPrincipalCommand({ thingName, principal: arn })).catch(unlessAbsent)
    await iot.send(new DetachPolicyCommand({ policyName: policy(), target: arn })).catch(unlessAbsent)
    await setStatus(certificateIdOf(arn), 'INACTIVE')
    await iot.send(new DeleteCertificateCommand({ certificateId: certificateIdOf(arn), forceDelete: true }))
  }

  async function createThing(thingName: string): Promise<void> {
    try {
      await iot.send(new CreateThingCommand({ thingName, thingTypeName: group() }))
    } catch (error) {
      // A thing made by fleet provisioning has attributes, and is ours all the same.
      if (nameOf(error) !== 'ResourceAlreadyExistsException') throw error
    }
    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: group() }))
  }

  async function createCertificate(csr: string | undefined) {
    const made: { certificateArn?: string; certificatePem?: string; keyPair?: { PrivateKey?: string } } = csr
      ? await iot.send(new CreateCertificateFromCsrCommand({ certificateSigningRequest: csr, setAsActive: false }))
      : await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: false }))
    const { certificateArn, certificatePem, keyPair } = made
    if (!certificateArn || !certificatePem) throw new Error('IoT Core answered without a certificate')
    return { certificateArn, certificatePem, privateKeyPem: keyPair?.PrivateKey ?? null }
  }

  return {
    async provision(gateways) {
      const given = gateways.find(({ password }) => password !== undefined)
      if (given) throw new PermanentFailure(`gateway "${given.id}": gateways in AWS have certificates, not passwords`)
      return []
    },

    async issue(gateway, csr): Promise<DeviceCredentials> {
      await createThing(gateway)
      const certificates = await principalsOf(gateway)
      if (certificates.length >= CERTIFICATES_MAX)
        throw new PermanentFailure(
          `gateway "${gateway}" has ${certificates.length} certificates; confirm or revoke first`,
        )
      const { certificateArn, certificatePem, privateKeyPem } = await createCertificate(csr).catch(asRefusal)
      try {
        await iot.send(new AttachPolicyCommand({ policyName: policy(), target: certificateArn }))
        await iot.send(new AttachThingPrincipalCommand({ thingName: gateway, principal: certificateArn }))
        await setStatus(certificateIdOf(certificateArn), 'ACTIVE')
      } catch (error) {
        const left = await discard(gateway, certificateArn).then(
          () => '',
          (why: unknown) => `; certificate ${certificateIdOf(certificateArn)} is left behind: ${String(why)}`,
        )
        throw new Error(`gateway "${gateway}" got no certificate: ${String(error)}${left}`, { cause: error })
      }
      return { kind: 'certificate', certificatePem, privateKeyPem }
    },

    async confirm(gateway) {
      const made: { principal: string; createdMs: number }[] = []
      for (const principal of await principalsOf(gateway)) {
        const certificateId = certificateIdOf(principal)
        const { certificateDescription } = await iot.send(new DescribeCertificateCommand({ certificateId }))
        made.push({ principal, createdMs: certificateDescription?.creationDate?.getTime() ?? 0 })
      }
      const [, ...older] = made.sort((a, b) => b.createdMs - a.createdMs)
      for (const { principal } of older) await end(gateway, principal, 'INACTIVE')
    },

    async revoke(gateway) {
      for (const principal of await principalsOf(gateway)) await end(gateway, principal, 'REVOKED')
    },

    enrols: true,

    async command(gateway, command) {
      const payload = new TextEncoder().encode(JSON.stringify({ v: 1, ...command }))
      await (await data()).send(new PublishCommand({ topic: topicOf(gateway, 'commands'), qos: 1, payload }))
    },
  }
}

const openDataPlane = (endpoint: string): IoTDataPlaneClient => new IoTDataPlaneClient({ endpoint })

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** Removing a resource that does not exist is no error. */
function unlessAbsent(error: unknown): void {
  if (nameOf(error) !== 'ResourceNotFoundException') throw error
}

/** `arn:…:cert/<id>` */
const certificateIdOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/** IoT Core will not accept the same signing request later either. */
function asRefusal(error: unknown): never {
  if (nameOf(error) !== 'InvalidRequestException') throw error
  throw new PermanentFailure(`the certificate signing request was refused: ${String(error)}`, { cause: error })
}
