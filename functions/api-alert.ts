// Routes of alerts: the list, acknowledgement, thresholds and recipients.

import type { Route } from './api-route.ts'

export const alertRoutes: readonly Route[] = []
