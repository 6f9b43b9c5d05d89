// Accepts findings of cdk-nag, each with a reason beside its construct. A finding without a reason fails test/infra.

import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** `rule` is the id that cdk-nag prints, with its finding in brackets where it has one. */
export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason })
}
