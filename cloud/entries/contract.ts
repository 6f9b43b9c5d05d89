// The Lambda function of the trigger `contract`, behind the queue `contract`.

import { contract } from '../../functions/contract.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('contract', contract)
