// The log of a gateway for its operator. `console` fits; so does any structured logger.

/** Facts are plain values under short names with their units. */
export interface Log {
  info(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

export const silentLog: Log = { info() {}, warn() {}, error() {} }
