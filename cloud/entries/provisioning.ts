// The Lambda function that fleet provisioning asks before a certificate becomes a gateway's.

import { IoTClient } from '@aws-sdk/client-iot'
import { lazy } from '../lazy.ts'
import { log, platform } from '../platform.ts'
import { provisioningHook } from '../provisioning-hook.ts'

export const handler = provisioningHook({
  state: platform().state,
  iot: lazy(() => new IoTClient()),
  now: Date.now,
  log,
})
