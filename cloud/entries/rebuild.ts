// The Lambda function of the steps of a rebuild, which the state machine `rebuild` calls (infra/rebuild.ts).

import { rebuildCounty } from '../../functions/rebuilding/steps.ts'
import { platform } from '../platform.ts'

export const handler = rebuildCounty(platform())
