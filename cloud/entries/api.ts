// The Lambda function of the trigger `api`, behind API Gateway.

import { api } from '../../functions/api.ts'
import { onHttp } from '../platform.ts'

export const handler = onHttp(api)
