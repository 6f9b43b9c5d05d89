// The Lambda function of the trigger `ingest`, behind the IoT rule's queue.

import { ingest } from '../../functions/ingest.ts'
import { onMessages } from '../platform.ts'

export const handler = onMessages(ingest)
