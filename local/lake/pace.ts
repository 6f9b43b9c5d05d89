// How moving and merging give way to ingest (docs/rules/lake.md#tidying).

/** While readings come, they take one part of the time in so many. */
export const SHARE = 40
/** Told to the process that merges, again and again while readings come. */
export const READINGS_COME = { readingsCome: true }
/** So long after each time it pauses. */
export const BUSY_MS = 1_000
