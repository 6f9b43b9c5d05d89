// The one interface between a gateway and whatever reads meters: drivers, the simulator, the replayer.
// The gateway owns it; `driver.ts` is how a driver gives one.

import type { ReadingsMessage } from '../domain/wire/reading.ts'

export interface Source {
  /**
   * Readings in the order in which they shall be sent, in blocks of any size; ends when the source has no more.
   * A block is asked for only when the one before is on its way to the outbox, so a full outbox slows the source.
   * After `signal` aborts it ends or throws soon. An error that another try may heal is the source's own affair: it
   * logs, waits and tries again. What it throws ends the readings of the gateway; what they left in the outbox is sent.
   */
  readings(signal: AbortSignal): AsyncIterable<readonly Reading[]>
}

/**
 * One reading as on the wire (docs/rules/interfaces.md#readings-message). `at`: epoch ms or RFC 3339 with an offset;
 * `value`: register, interval amount or instant value, as the meter's registry entry says, in `unit` or else in the
 * meter's own. What was not read does not appear: a source never invents a value.
 */
export type Reading = ReadingsMessage['readings'][number]
