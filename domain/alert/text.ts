// How an alert is told beside its name: how much, against which value and by which clause. The words of each kind stand
// with it (domain/alert/kinds/).

import type { Language } from '../phrase.ts'
import { definitionOf, type KnownFinding } from './kinds.ts'

/** The lines on a finding: how much, against what, by which clause. */
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
