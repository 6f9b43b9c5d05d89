// The rights and variables that a function needs to use one resource.

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'

export interface Access {
  environment: Record<string, string>
  statements: PolicyStatement[]
}
