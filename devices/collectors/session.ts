// The conversation with one collector, without a socket: who it is, whether it knows the secret, and what each of its
// messages is answered with (docs/rules/devices.md#collectors).

import { randomInt, timingSafeEqual } from 'node:crypto'
import { type CentreMessage, type CollectorData, centreTime, collectorData } from '../codecs/mohurd-data.ts'
import { type CollectorMessage, md5Answer } from '../codecs/mohurd-xml.ts'
import type { Collector } from './collector.ts'

const SEQUENCE_MAX = 100_000_000

/** What a message asks for. */
export interface Step {
  /** Sent at once. */
  answers: CentreMessage[]
  /** Values to keep, and the answer once they are kept. */
  data?: { values: CollectorData; isBacklog: boolean; ack: CentreMessage }
  /** Why the connection ends after the answers. */
  end?: string
  /** Signed in by this message. */
  hasSignedIn?: boolean
  /** A message that is not understood; it is passed over. */
  unknown?: string
}

export class CollectorSession {
  readonly #collector: Collector
  readonly #now: () => number
  #sequence: string | undefined
  #isSignedIn = false

  constructor(collector: Collector, now: () => number) {
    this.#collector = collector
    this.#now = now
  }

  get isSignedIn(): boolean {
    return this.#isSignedIn
  }

  take(message: CollectorMessage, xml: string): Step {
    const step = message.operation ?? message.type ?? ''
    if (step === 'request') return this.#challenge(message)
    if (step === 'md5') return this.#judge(message)
    if (!this.#isSignedIn) return { answers: [], end: `it sends "${step}" before it has signed in` }
    if (step === 'notify') {
      const time = { time: centreTime(this.#now()) }
      return { answers: [this.#answer(message, 'heart_beat', 'time', time)] }
    }
    if (step === 'report' || step === 'continuous') return this.#keep(message, step, xml)
    if (step === 'device') return { answers: [this.#answer(message, 'device', 'device_ack', { device_ack: 'pass' })] }
    return { answers: [], ...(!step.endsWith('_ack') && { unknown: step }) }
  }

  #challenge(message: CollectorMessage): Step {
    this.#isSignedIn = false
    this.#sequence = String(randomInt(SEQUENCE_MAX)).padStart(8, '0')
    return { answers: [this.#answer(message, 'id_validate', 'sequence', { sequence: this.#sequence })] }
  }

  #judge(message: CollectorMessage): Step {
    const wanted = this.#sequence && md5Answer(this.#sequence, this.#collector.secret)
    this.#sequence = undefined
    const isRight = wanted !== undefined && isSameText(wanted, message.md5?.toLowerCase() ?? '')
    this.#isSignedIn = isRight
    const result = { result: isRight ? 'pass' : 'fail', time: centreTime(this.#now()) }
    const answers = [this.#answer(message, 'id_validate', 'result', result)]
    if (!isRight) return { answers, end: 'its answer to the challenge is wrong: another secret, or none' }
    const { periodMinutes } = this.#collector
    if (periodMinutes !== undefined)
      answers.push(this.#answer(message, 'config', 'period', { period: String(periodMinutes) }))
    return { answers, hasSignedIn: true }
  }

  #keep(message: CollectorMessage, step: 'report' | 'continuous', xml: string): Step {
    const values = collectorData(xml)
    if (!values) return { answers: [], unknown: `${step} without data` }
    const isBacklog = step === 'continuous'
    const ack =
      isBacklog && this.#collector.backlogAck === 'continuous_ack'
        ? this.#answer(message, 'data', 'continuous_ack', { sequence: values.sequence, continuous_ack: 'pass' })
        : this.#answer(message, 'report_config', 'report_ack', { sequence: values.sequence, report_ack: 'pass' })
    return { answers: [], data: { values, isBacklog, ack } }
  }

  /** In the collector's own variant: the step is the type, or an operation beside one type for all. */
  #answer(
    { type, operation: variant }: CollectorMessage,
    element: string,
    operation: string,
    body: Record<string, string>,
  ): CentreMessage {
    return {
      ...{ buildingId: this.#collector.building, gatewayId: this.#collector.gateway, element, operation, body },
      type: variant !== undefined && type ? type : operation,
    }
  }
}

function isSameText(wanted: string, given: string): boolean {
  return wanted.length === given.length && timingSafeEqual(Buffer.from(wanted), Buffer.from(given))
}
