// What cdk-nag finds and we accept, each with the reason beside the construct it is about. A finding without one fails
// test/infra.

import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** `rule` is the id that cdk-nag prints, with its finding in brackets where it has one. */
export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason })
}
