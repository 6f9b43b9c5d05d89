// How certain a value of the tables is, in the reader's words.

import type { Dictionary } from './zh.ts'

/** A certainty that is none of ours comes from an imported row, and stands as it is. */
export const certaintyWords = (certainty: string, text: Dictionary): string =>
  (text.work.certainties as Record<string, string>)[certainty] ?? certainty
