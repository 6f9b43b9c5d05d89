// The Lambda function that makes InfluxDB's token, once when the stack is made and whenever a new one is asked for.

import { customResource } from '../events/custom-resource.ts'
import { makeInfluxToken } from '../series/influx/store.ts'

export const handler = customResource(makeInfluxToken)
