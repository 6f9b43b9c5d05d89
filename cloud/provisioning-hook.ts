// Fleet provisioning asks here before a certificate becomes a gateway's. A claim certificate is the same in many boxes,
// so who holds one may ask in any name: only a gateway that is registered, and has no certificate yet, gets one this
// way.

import { type IoTClient, ListThingPrincipalsCommand } from '@aws-sdk/client-iot'
import { GATEWAY_ID } from '../domain/registry/records.ts'
import type { StateStore } from '../functions/platform.ts'
import { registryReader } from '../functions/registry/reader.ts'

/** What IoT Core sends (payload version 2020-04-01): `parameters` are what the box asked with. */
export interface ProvisioningEvent {
  claimCertificateId: string
  certificateId: string
  parameters: Readonly<Record<string, string>>
}
export interface ProvisioningAnswer {
  allowProvisioning: boolean
}

export interface ProvisioningOptions {
  state: StateStore
  iot: IoTClient
  log?: (line: string) => void
}

/** Throws when the registry or IoT Core cannot be asked: then nobody gets a certificate, and the box asks again. */
export function provisioningHook({ state, iot, log = console.log }: ProvisioningOptions) {
  const registry = registryReader(state)

  /** Why not, or undefined. */
  async function refusal(gateway: string): Promise<string | undefined> {
    if (!GATEWAY_ID.test(gateway)) return 'not a gateway id'
    await registry.refresh()
    if (!(await registry.gateway(gateway))) return 'not registered'
    return (await hasCertificate(iot, gateway)) ? 'has a certificate already' : undefined
  }

  return async ({ claimCertificateId, certificateId, parameters }: ProvisioningEvent): Promise<ProvisioningAnswer> => {
    const gateway = parameters.Gateway ?? ''
    const reason = await refusal(gateway)
    log(JSON.stringify({ what: 'provisioning', gateway, allowed: !reason, reason, claimCertificateId, certificateId }))
    return { allowProvisioning: reason === undefined }
  }
}

async function hasCertificate(iot: IoTClient, thingName: string): Promise<boolean> {
  try {
    const { principals = [] } = await iot.send(new ListThingPrincipalsCommand({ thingName }))
    return principals.length > 0
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return false
    throw error
  }
}
