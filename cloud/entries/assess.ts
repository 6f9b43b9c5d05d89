// The Lambda function of the trigger `assess`, behind the queue `assess`.

import { assess } from '../../functions/assess.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('assess', assess)
