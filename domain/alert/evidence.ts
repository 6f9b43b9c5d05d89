// Returns the evidence behind an alert, as its kind defines it: paths of series and documents, a ratio of its facts,
// and the chain of an indicator.

import type { EvidenceChain } from './kind.ts'
import { definitionOf, type KnownFinding } from './kinds.ts'

export interface Evidence {
  paths: string[]
  ratio: { part: number; whole: number } | null
  chain: EvidenceChain | null
}

export function evidenceOf(finding: KnownFinding): Evidence {
  const { evidence } = definitionOf(finding.kind)
  return { paths: evidence.paths(finding), ratio: evidence.ratio(finding.facts), chain: evidence.chain(finding.facts) }
}
