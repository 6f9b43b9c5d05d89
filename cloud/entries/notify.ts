// The Lambda function of the trigger `notify`, behind the queue `notify`.

import { notify } from '../../functions/notify.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('notify', notify)
