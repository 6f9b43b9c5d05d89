// Runs a function of the stack once, when the stack is made: it prepares a store that others cannot use before.

import { CustomResource } from 'aws-cdk-lib'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { entryOf } from './bundle.ts'
import { makeFunction } from './functions.ts'
import { pascal } from './names.ts'
import type { SetUp } from './series.ts'
import type { Settings } from './settings.ts'
import type { Stores } from './store.ts'

const SECONDS = 120
const MEMORY_MB = 256

export function addSetUp(
  scope: Construct,
  { name, access, version }: SetUp,
  { settings, stores }: { settings: Settings; stores: Stores },
): LambdaFunction {
  const made = makeFunction(scope, name, {
    ...{ settings, stores, network: stores.network },
    entry: entryOf(name),
    work: { memoryMb: MEMORY_MB, seconds: SECONDS, copies: 1 },
    access: [access],
  })
  // Its function refers to the data stack, which therefore stands before.
  new CustomResource(scope, `${pascal(name)}Made`, {
    serviceToken: made.functionArn,
    resourceType: 'Custom::SetUp',
    properties: { version },
  })
  return made
}
