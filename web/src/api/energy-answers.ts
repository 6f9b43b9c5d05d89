// What the API answers about energy, where domain/ has the parts but not the whole: as the schemas of the routes say.

import type { Bill } from '../../../domain/energy/bill.ts'
import type { Generation } from '../../../domain/energy/generation.ts'
import type { TariffCost } from '../../../domain/energy/tariff.ts'
import type { CentreUsage, Effectiveness } from '../../../domain/judge/data-centre.ts'
import type { KeyEnergyUser } from '../../../domain/judge/key-energy-user.ts'
import type { QuotaPace } from '../../../domain/judge/quota-pace.ts'
import type { Exclusion, RankingGroup } from '../../../domain/judge/ranking.ts'
import type { Cause } from '../../../domain/judge/revision-cause.ts'
import type { PlanCheck } from '../../../domain/judge/target-plan.ts'
import type { Medium } from '../../../domain/medium.ts'
import type { Meter } from '../../../domain/registry/records.ts'
import type { RankingRule } from '../../../domain/standards/ranking-rules.ts'

export interface PaceAnswer {
  pace: QuotaPace[]
}

export interface TreeNodeRow {
  meter: string
  medium: Medium
  unit: string
  subs: string[]
  periods: {
    period: string
    own: number | null
    generated: number | null
    subs: number | null
    unexplained: number | null
    unexplainedPct: number | null
    hours: number
    hoursKnown: number
  }[]
}
export interface TreeAnswer {
  nodes: TreeNodeRow[]
  problems: { meter: string; field: string; reason: string }[]
  generation: Generation | null
}

export interface CostAnswer {
  costYuan: number | null
  hoursExpected: number
  hoursPriced: number
  meters: (TariffCost & { meter: string; medium: Medium; role: Meter['role']; unit: string })[]
  /** Those that the meters name, and who says so. */
  tariffs: { id: string; source: string | null; standIn: boolean }[]
  bills: (Pick<Bill, 'carrier' | 'quantity' | 'unit'> & { costYuan: number | null; source: string | null })[]
}

type Usage = CentreUsage & { pue: Effectiveness; eue: Effectiveness }
interface Boundary {
  basis: string
  total: string[]
  it: string[]
}
export interface DataCentreAnswer {
  boundaries: { pue: Boundary; eue: Boundary }
  hours: { atMs: number; value: number | null }[]
  months: (Usage & { month: string })[]
  monthly: Usage
  yearly: Usage & { year: number }
  pueAtLeast: number | null
  pueGrade: {
    grade: number | string | null
    reason: string | null
    table?: { standard: string; source: string; certainty: string } | null
  }
  eueRating: {
    rating: string | null
    quota?: { standard: string; source: string; standIn: boolean } | null
  }
}

export interface RevisionRow {
  subject: string
  month: string
  number: number
  atMs: number
  before: Record<string, number | null>
  after: Record<string, number | null>
  causes: Cause[]
}

export interface RankingRow {
  institution: string
  type: RankingGroup['type']
  venueKind: RankingGroup['venueKind']
  level: RankingGroup['level']
  /** Null: left out, for the reasons. */
  rank: number | null
  value: number | null
  leader: boolean
  reasons: Exclusion[]
}
export interface RankingHead {
  rule: RankingRule
}
export interface DemonstrationHead {
  /** The means are made once a day; null: not yet. */
  meansAsOfMs: number | null
}
export type KeyUserRow = KeyEnergyUser & { institution: string }
export type PlanAnswer = PlanCheck & { children: string[] }

/** `GET /meters/{id}/events`. Kinds are added as the field shows more of them, so a kind may be one we do not know. */
export interface EventRow {
  id: string
  meter: string
  kind: string
  atMs: number
  details: Record<string, number>
  state: string
  history: { state: string; who: string; note: string | null; atMs: number }[]
}
