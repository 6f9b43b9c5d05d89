// The Lambda function of the trigger `rollup`, behind the queue `rollup`.

import { rollup } from '../../functions/rollup.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('rollup', rollup)
