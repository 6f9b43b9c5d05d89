// The Lambda function of the trigger `prune`, behind the queue `prune`.

import { prune } from '../../functions/prune.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('prune', prune)
