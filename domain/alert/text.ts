// Builds the texts of an alert besides its name: measured amount, compared value and clause. Each kind has its own
// words (domain/alert/kinds/).

import type { Language } from '../phrase.ts'
import { definitionOf, type KnownFinding } from './kinds.ts'

/** The three lines of a finding in one language. */
export function explainFinding(
  finding: KnownFinding,
  language: Language,
): { measured: string; against: string; clause: string } {
  const { text, rule } = definitionOf(finding.kind)
  return {
    measured: text.measured(finding)[language],
    against: text.against(finding)[language],
    clause: rule.clause[language],
  }
}
