// Says in words how much of a figure is known: why it has no value, what its known part is, and that it is provisional
// (docs/rules/data.md#known-share).

import type { QuotaStatus } from '../../../domain/judge/result.ts'
import { formatChance, formatCoverage, UNKNOWN } from './format.ts'
import type { Dictionary } from './zh.ts'

export type Known = Pick<QuotaStatus, 'knownShare' | 'knownPart' | 'reason' | 'provisional'>

/** The known share with the amount of the known part; empty where nothing is expected or known. */
export function knownPartWords({ knownShare, knownPart }: Known, amount: string, text: Dictionary): string | null {
  if (knownShare === null) return null
  const share = formatCoverage(knownShare)
  return knownPart === null || amount === UNKNOWN ? text.knownShareOf(share) : text.knownPartOf(share, amount)
}

/** Why a figure has no value, and its known part, in one line; null for a figure with a value. */
export function unknownWords(known: Known, amount: string, text: Dictionary): string | null {
  if (known.reason === null) return null
  const part = knownPartWords(known, amount, text)
  return [text.reasons[known.reason], ...(part === null ? [] : [part])].join(text.semicolon)
}

/** A judged figure that is not known whole; null for any other. */
export const provisionalWords = ({ provisional, knownShare }: Known, text: Dictionary): string | null =>
  provisional ? text.provisionalOf(formatCoverage(knownShare)) : null

/** The 80 % band of a forecast; `format` writes an amount. */
export const bandWords = (
  { low80, high80 }: { low80: number | null; high80: number | null },
  format: (amount: number) => string,
  text: Dictionary,
): string | null => (low80 === null || high80 === null ? null : text.band80(format(low80), format(high80)))

export const chanceWords = ({ chance }: { chance: number | null }, text: Dictionary): string | null =>
  chance === null ? null : text.chanceOfExceeding(formatChance(chance))
