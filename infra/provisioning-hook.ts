// Builds the hook of fleet provisioning (cloud/provisioning-hook.ts). It is no row of the trigger table: one machine
// has no fleet provisioning, and its gateways get their passwords with the registry.

import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { entryOf } from './bundle.ts'
import { makeFunction, printedArn } from './functions.ts'
import type { Settings } from './settings.ts'
import { arnOf, type Stores } from './store.ts'

/** IoT Core waits five seconds for the answer. */
const SECONDS = 5
const MEMORY_MB = 512
/** IoT Core registers ten things a second per account; an answer takes a fraction of a second. */
const COPIES = 4

export function addProvisioningHook(scope: Construct, options: { settings: Settings; stores: Stores }): LambdaFunction {
  const asking = new PolicyStatement({
    actions: ['iot:ListThingPrincipals'],
    resources: [arnOf(scope, 'iot', ANY_THING)],
  })
  return makeFunction(scope, 'provisioning', {
    ...options,
    entry: entryOf('provisioning'),
    work: { memoryMb: MEMORY_MB, seconds: SECONDS, copies: COPIES },
    access: [options.stores.documents('provisioning'), { environment: {}, statements: [asking] }],
    wildcards: {
      [printedArn(scope, 'iot', ANY_THING)]:
        'It is asked about any gateway, and only reads whether the thing has a certificate.',
    },
  })
}
const ANY_THING = 'thing/*'
