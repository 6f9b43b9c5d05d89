// The Lambda function of the trigger `settle`, behind the queue `settle`.

import { settle } from '../../functions/settle.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('settle', settle)
