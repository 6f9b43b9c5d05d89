// The Lambda function of the trigger `reports`, behind the queue `reports`.

import { reports } from '../../functions/reports.ts'
import { onShards } from '../platform.ts'

export const handler = onShards('reports', reports)
