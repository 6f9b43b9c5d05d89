// The table of all HTTP API v1 routes (docs/rules/interfaces.md#http-api), grouped by subject. functions/triggers.ts
// lists the same routes for the hosts; a route missing in either does not compile. Who may call a
// route follows from its `access` (functions/api/route.ts), stated where the route is defined.

import { type HealthView, healthViewSchema } from '../../domain/view/view.ts'
import { docKey } from '../platform.ts'
import type { ApiRoute } from '../triggers.ts'
import { ackLinkRoutes } from './ack-link.ts'
import { alertRoutes } from './alert.ts'
import { areaRoutes } from './area.ts'
import { backupRoutes, exportRoutes } from './backup.ts'
import { commandRoutes } from './command.ts'
import { comparisonRoutes } from './comparison.ts'
import { contractRoutes } from './contract.ts'
import { candidateRoutes } from './contract-candidates.ts'
import { controlRuleRoutes } from './control-rule.ts'
import { deviceRoutes } from './device.ts'
import { energyRoutes } from './energy.ts'
import { explainRoutes } from './explain.ts'
import { fieldRoutes } from './field.ts'
import { formRoutes } from './forms.ts'
import { institutionRoutes } from './institution.ts'
import { periodRoutes } from './institution-period.ts'
import { intakeRoutes } from './intake.ts'
import { meterRoutes } from './meter.ts'
import { notifyRoutes } from './notify.ts'
import { registryRoutes } from './registry.ts'
import { reportRoutes } from './report.ts'
import { ApiProblem, type DOCUMENT_ROUTE, type Route, route } from './route.ts'
import { logRoutes, peopleRoutes, sessionRoutes, tokenRoutes } from './session.ts'
import { targetPlanRoutes } from './target-plan.ts'
import { uploadRoutes } from './upload.ts'
import { weatherRoutes } from './weather.ts'

/** Start-up progress of the host; absent in AWS and when the start is complete. */
export const PROGRESS_KEY = docKey<NonNullable<HealthView['progress']>>('host/progress')
/** The demo that a host shows. */
export interface Demo {
  seed: string
  startMs: number
  /** History was ingested up to here; absent until it is complete. */
  deliveredMs?: number
}
export const DEMO_KEY = docKey<Demo>('host/demo')

const healthRoutes = route('GET /api/v1/health', {
  access: { action: 'open', at: 'nowhere' },
  summary: 'Whether the service is ready, and how far its start has come',
  response: healthViewSchema,
  async handle({ platform, head }): Promise<HealthView> {
    const problems = [...(platform.problems?.() ?? [])]
    const failure = problems.find(({ code }) => code === 'storageFailed')
    if (failure) throw new ApiProblem(503, 'Service unavailable', failure.en, { problems })
    const progress = (await platform.state.get(PROGRESS_KEY))?.value ?? null
    return {
      status: progress ? 'starting' : 'ok',
      version: '1',
      progress,
      institutions: head.institutions,
      meters: head.meters,
      rootArea: head.rootArea,
      demo: (await platform.state.get(DEMO_KEY)) !== undefined,
      problems,
      eventLoop: platform.loopDelay?.() ?? null,
    }
  },
})

export const apiRoutes = {
  ...healthRoutes,
  ...sessionRoutes,
  ...peopleRoutes,
  ...tokenRoutes,
  ...logRoutes,
  ...areaRoutes,
  ...institutionRoutes,
  ...meterRoutes,
  ...intakeRoutes,
  ...registryRoutes,
  ...backupRoutes,
  ...exportRoutes,
  ...uploadRoutes,
  ...deviceRoutes,
  ...commandRoutes,
  ...controlRuleRoutes,
  ...fieldRoutes,
  ...alertRoutes,
  ...ackLinkRoutes,
  ...notifyRoutes,
  ...explainRoutes,
  ...energyRoutes,
  ...periodRoutes,
  ...comparisonRoutes,
  ...targetPlanRoutes,
  ...reportRoutes,
  ...formRoutes,
  ...weatherRoutes,
  ...contractRoutes,
  ...candidateRoutes,
} satisfies Record<Exclude<ApiRoute, typeof DOCUMENT_ROUTE>, Route>
