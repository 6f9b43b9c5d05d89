// A collector as the guideline describes it: signs in with its secret, sends heartbeats and reports, keeps what was not
// acknowledged and sends it as its backlog when it is connected again.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { encodeMohurd, type MohurdFrame, type MohurdSecrets, mohurdCutter } from '../codecs/mohurd.ts'
import { centreTime, messageXml } from '../codecs/mohurd-data.ts'
import { md5Answer } from '../codecs/mohurd-xml.ts'
import { scanFrames } from '../codecs/stream.ts'

export interface SimulatedValue {
  meter: string
  function?: string
  coding?: string
  error?: string
  value: string
}

interface KeptReport {
  sequence: number
  time: string
  values: readonly SimulatedValue[]
}

export interface SimulatedCollectorOptions {
  building: string
  gateway: string
  secrets: MohurdSecrets
  secret: string
  /** One type for all messages of a kind, the step as operation. */
  isLaterVariant?: boolean
  /** An answer that does not come within this time is waited for no longer. */
  patienceMs?: number
}

const PATIENCE_MS = 2_000

export class SimulatedCollector {
  readonly #options: SimulatedCollectorOptions
  #socket: Socket | undefined
  #bytes: Uint8Array = new Uint8Array()
  #frames: MohurdFrame[] = []
  #wake: () => void = () => {}
  #sequence = 0
  /** Reports that nobody has acknowledged, the oldest first. */
  #kept: KeptReport[] = []
  /** Minutes between reports, as the centre told. */
  periodMinutes: number | undefined
  /** The centre's clock, as it told last. */
  centreTime: string | undefined

  constructor(options: SimulatedCollectorOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#kept.length
  }

  /** Connects and signs in. Throws when the centre says no, or nothing. */
  async signIn(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1')
    this.#socket = socket
    this.#bytes = new Uint8Array()
    this.#frames = []
    socket.on('error', () => {})
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('close', () => this.#wake())
    await once(socket, 'connect')
    this.#send('id_validate', 'request')
    const { sequence = '' } = await this.#next('sequence')
    this.#send('id_validate', 'md5', { md5: md5Answer(sequence, this.#options.secret) })
    const { result } = await this.#next('result')
    if (result !== 'pass') throw new Error(`the centre says ${result}`)
  }

  /** Reads the meters at an instant; sends the report when connected, and keeps it until it is acknowledged. */
  async report(atMs: number, values: readonly SimulatedValue[]): Promise<boolean> {
    const report = { sequence: ++this.#sequence, time: centreTime(atMs), values }
    this.#kept.push(report)
    return await this.#deliver(report, 'report', 'report_ack')
  }

  /** Sends what waits, the oldest first; false when an acknowledgement did not come. */
  async catchUp(): Promise<boolean> {
    const total = this.#kept.length
    for (const [index, report] of [...this.#kept].entries()) {
      const place = { total: String(total), current: String(index + 1) }
      if (!(await this.#deliver(report, 'continuous', 'continuous_ack', place))) return false
    }
    return true
  }

  async beat(): Promise<void> {
    this.#send('heart_beat', 'notify', { notify: '' })
    await this.#next('time')
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    this.#socket?.write(bytes)
  }

  disconnect(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  get isConnected(): boolean {
    return this.#socket?.destroyed === false && !this.#socket.readableEnded
  }

  async #deliver(
    report: KeptReport,
    operation: 'report' | 'continuous',
    ack: string,
    place: Record<string, string> = {},
  ): Promise<boolean> {
    if (!this.isConnected) return false
    this.#write(reportXml(this.#options, operation, report, place))
    try {
      await this.#next(ack)
    } catch {
      return false
    }
    this.#kept = this.#kept.filter((one) => one !== report)
    return true
  }

  #send(element: string, operation: string, body: Record<string, string> = {}): void {
    const { building, gateway, isLaterVariant } = this.#options
    const type = isLaterVariant ? element : operation
    this.#write(messageXml({ buildingId: building, gatewayId: gateway, type, element, operation, body }))
  }

  #write(xml: string): void {
    this.#socket?.write(encodeMohurd({ xml, secrets: this.#options.secrets }))
  }

  #take(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const { frames, consumed } = scanFrames(this.#bytes, mohurdCutter(this.#options.secrets))
    this.#bytes = this.#bytes.subarray(consumed)
    for (const frame of frames) {
      const step = frame.operation ?? frame.type
      if (step === 'period') {
        this.periodMinutes = Number(/<period>(\d+)<\/period>/.exec(frame.xml ?? '')?.[1])
        this.#send('config', 'period_ack')
      } else this.#frames.push(frame)
      if (frame.time) this.centreTime = frame.time
    }
    this.#wake()
  }

  /** The next message with this step. */
  async #next(step: string): Promise<MohurdFrame> {
    const untilMs = performance.now() + (this.#options.patienceMs ?? PATIENCE_MS)
    for (;;) {
      const frame = this.#frames.shift()
      if (frame && (frame.operation ?? frame.type) === step) return frame
      if (frame) continue
      const waitMs = untilMs - performance.now()
      if (waitMs <= 0 || !this.isConnected) throw new Error(`no "${step}" came`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** The message of a report; the guideline has its meters as attributes. */
function reportXml(
  { building, gateway, isLaterVariant }: SimulatedCollectorOptions,
  operation: 'report' | 'continuous',
  { sequence, time, values }: KeptReport,
  place: Record<string, string>,
): string {
  const xml = messageXml({
    ...{ buildingId: building, gatewayId: gateway, element: 'data', operation },
    type: isLaterVariant ? 'data' : operation,
    body: { sequence: String(sequence), parser: 'yes', time, ...place },
  })
  const meters = values.map(
    ({ meter, function: quantity = '1', coding = '01000', error = '0', value }) =>
      `<meter id="${meter}"><function id="${quantity}" coding="${coding}" error="${error}">${value}</function></meter>`,
  )
  return xml.replace('</data>', `${meters.join('')}</data>`)
}
