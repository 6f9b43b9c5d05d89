// The interface between a gateway and its source of readings: a driver, the simulator or the replayer. The gateway owns
// it; `driver.ts` is the contract by which a driver provides one.

import type { ReadingsMessage } from '../domain/wire/reading.ts'

export interface Source {
  /**
   * Each block is in the outbox, durable, before the next one is requested: for a source that acknowledges what it was
   * sent.
   */
  readonly isAcknowledging?: boolean
  /**
   * Yields readings in the order of sending, in blocks of any size; ends when the source has no more. A block is
   * requested only when the previous one is on its way to the outbox, so a full outbox slows the source. After `signal`
   * aborts it ends or throws soon. The source itself handles passing errors: it logs, waits and tries again. An error
   * that it throws ends the gateway's readings; those in the outbox are still sent.
   */
  readings(signal: AbortSignal): AsyncIterable<readonly Reading[]>
}

/**
 * One reading as sent (docs/rules/interfaces.md#readings-message). `at`: epoch ms or RFC 3339 with an offset; `value`:
 * register, interval amount or instant value, by the meter's registry entry, in `unit` or else in the meter's own. A
 * missing reading is left out: a source never invents a value.
 */
export type Reading = ReadingsMessage['readings'][number]
