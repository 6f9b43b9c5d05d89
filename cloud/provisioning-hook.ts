// Decides for fleet provisioning whether a certificate may become a gateway's. Many boxes share one claim certificate,
// so its holder can ask in any name: only a registered gateway without a certificate gets one this way.

import { type IoTClient, ListThingPrincipalsCommand } from '@aws-sdk/client-iot'
import { GATEWAY_ID } from '../domain/registry/records.ts'
import type { StateStore } from '../functions/platform.ts'
import { registryReader } from '../functions/registry/reader.ts'

/** IoT Core's event (payload version 2020-04-01); `parameters` are those that the box sent. */
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

/**
 * Throws when the registry or IoT Core is unavailable: then IoT Core issues no certificate, and the gateway has to ask
 * again.
 */
export function provisioningHook({ state, iot, log = console.log }: ProvisioningOptions) {
  const registry = registryReader(state)

  /** The reason for a refusal, or undefined. */
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
