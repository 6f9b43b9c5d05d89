// The Lambda function of the trigger `control`, behind the queue `control`.

import { control } from '../../functions/control.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('control', control)
