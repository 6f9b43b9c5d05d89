// Routes that show where numbers come from and what they mean: explain, carbon ledger, meter tree, data centre, rankings.

import type { Route } from './api-route.ts'

export const energyRoutes: readonly Route[] = []
