// Routes of what happens in the field: register events and their review, repairs, revisions.

import type { Route } from './api-route.ts'

export const fieldRoutes: readonly Route[] = []
