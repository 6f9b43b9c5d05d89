// Decides for fleet provisioning whether a certificate may become a gateway's. Many boxes share one claim certificate,
// so its holder can ask in any name: only a registered gateway without a certificate gets one this way, and only the
// box that has its serial number and its one-time code (functions/registry/enrolment.ts).

import { type IoTClient, ListThingPrincipalsCommand } from '@aws-sdk/client-iot'
import { GATEWAY_ID } from '../domain/registry/records.ts'
import type { StateStore } from '../functions/platform.ts'
import { redeemEnrolment } from '../functions/registry/enrolment.ts'
import { registryReader } from '../functions/registry/reader.ts'
import type { FunctionLog } from './log.ts'

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
  now(): number
  log: FunctionLog
}

/**
 * Throws when the registry or IoT Core is unavailable: then IoT Core issues no certificate, and the gateway has to ask
 * again.
 */
export function provisioningHook({ state, iot, now, log }: ProvisioningOptions) {
  const registry = registryReader(state)

  /** The reason for a refusal, or undefined. */
  async function refusal(gateway: string, serial: string, code: string): Promise<string | undefined> {
    if (!GATEWAY_ID.test(gateway)) return 'not a gateway id'
    await registry.refresh()
    if (!(await registry.gateway(gateway))) return 'not registered'
    if (await hasCertificate(iot, gateway)) return 'has a certificate already'
    // Last: a code that was redeemed is gone, whatever is refused afterwards.
    return redeemEnrolment(state, { gateway, serial, code, nowMs: now() })
  }

  return async ({ claimCertificateId, certificateId, parameters }: ProvisioningEvent): Promise<ProvisioningAnswer> => {
    const { Gateway: gateway = '', Serial: serial = '', Code: code = '' } = parameters
    const reason = await refusal(gateway, serial, code)
    const told = { gateway, serial, reason, claimCertificateId, certificateId }
    log(reason ? 'WARN' : 'INFO', reason ? 'certificate refused' : 'certificate allowed', told)
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
