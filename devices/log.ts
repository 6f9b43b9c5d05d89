// What a gateway says to whoever runs it. `console` fits; so does any structured logger.

/** Facts are plain values under short names; units stand in the names. */
export interface Log {
  info(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

export const silentLog: Log = { info() {}, warn() {}, error() {} }
