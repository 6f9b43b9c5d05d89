// The Lambda function of the canary, which a schedule runs.

import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot'
import { must } from '../../domain/must.ts'
import { canary } from '../canary.ts'
import { variable } from '../environment.ts'
import { publishOnce } from '../iot-socket.ts'
import { lazy } from '../lazy.ts'
import { countMetrics, log, platform } from '../platform.ts'

const iot = lazy(() => new IoTClient())

async function publish(payload: string): Promise<void> {
  const { endpointAddress } = await iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }))
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
  const keys = {
    ...{ accessKeyId: must(AWS_ACCESS_KEY_ID), secretAccessKey: must(AWS_SECRET_ACCESS_KEY) },
    sessionToken: AWS_SESSION_TOKEN,
  }
  const where = { endpoint: must(endpointAddress), region: must(AWS_REGION), topic: variable('KILOWATCH_CANARY_TOPIC') }
  await publishOnce({ ...where, keys, clientId: variable('KILOWATCH_CANARY_GATEWAY'), nowMs: Date.now() }, payload)
}

let run: (() => Promise<void>) | undefined
export const handler = (): Promise<void> => {
  run ??= canary({
    ...{ state: platform().state, publish, count: countMetrics, log, now: Date.now },
    ...{ gateway: variable('KILOWATCH_CANARY_GATEWAY'), meter: variable('KILOWATCH_CANARY_METER') },
  })
  return run()
}
