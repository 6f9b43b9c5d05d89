// `kilowatch check`: shows live what arrives of a gateway, what is refused and why, and the last register value of each
// meter, to be held against the meter's face. Uses only the HTTP API.

import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayView } from '../../domain/view/device.ts'
import { type Client, chosenHost, clientOf } from './client.ts'
import { stopSignal } from './stop-signal.ts'

const EVERY_MS = 2_000
/** Refusals of before are told at the start, so many of them. */
const REFUSED_AT_FIRST = 10

interface CheckOptions {
  data: string
  api?: string
  token?: string
  once?: boolean
  json?: boolean
}

interface RefusedReading {
  receivedMs: number
  code: string
  detail: string
  meter: string | null
}

export async function checkGateway(id: string, options: CheckOptions): Promise<void> {
  const host = chosenHost(options)
  if (!host) throw new Error(`no kilowatch runs on ${options.data}; start it, or name it by --api and --token`)
  const client = clientOf(host)
  const path = `arrivals/${encodeURIComponent(id)}`
  if (options.json) {
    const [gateway, { items }] = [await client.get<GatewayView>(path), await refusedOf(client, id)]
    process.stdout.write(`${JSON.stringify({ ...gateway, refused: items })}\n`)
    return
  }
  const stopped = stopSignal()
  const told = new Map<string, string>()
  for (let sinceMs = 0; !stopped.aborted; ) {
    const gateway = await client.get<GatewayView>(path)
    const { items } = await refusedOf(client, id)
    const fresh = items.filter(({ receivedMs }) => receivedMs > sinceMs)
    say(linesOf(gateway, sinceMs === 0 ? fresh.slice(0, REFUSED_AT_FIRST) : fresh), told)
    sinceMs = Math.max(sinceMs, 1, ...items.map(({ receivedMs }) => receivedMs))
    if (options.once) return
    await sleep(EVERY_MS, undefined, { signal: stopped }).catch(() => {})
  }
}

const refusedOf = (client: Client, id: string): Promise<{ items: RefusedReading[] }> =>
  client.get(`rejections?gateway=${encodeURIComponent(id)}&limit=50`)

/** A line for each subject; only what changed is told. */
function say(lines: readonly [subject: string, line: string][], told: Map<string, string>): void {
  for (const [subject, line] of lines) {
    if (told.get(subject) === line) continue
    told.set(subject, line)
    process.stdout.write(`${line}\n`)
  }
}

function linesOf(
  { id, lastHeardMs, offlineMs, meters }: GatewayView,
  refused: readonly RefusedReading[],
): [string, string][] {
  const heard = heardText({ lastHeardMs, offlineMs, isSending: meters.some(({ last }) => last !== null) })
  return [
    ['gateway', `gateway ${id} ${heard}`],
    ...refused.toReversed().map(({ receivedMs, code, detail }): [string, string] => {
      const line = `refused at ${clock(receivedMs)}: ${code}: ${detail}`
      return [line, line]
    }),
    ...meters.map(({ id: meter, name, unit, last }): [string, string] => {
      const label = name === null ? meter : `${meter} (${name})`
      return [
        `meter ${meter}`,
        last ? `${label}: ${last.value} ${unit} at ${clock(last.atMs)}` : `${label}: no reading`,
      ]
    }),
    ...(meters.length === 0 ? [['meters', `gateway ${id} has no meters in the registry`] as [string, string]] : []),
  ]
}

/** The host notes a gateway some seconds after its first message; a reading says as much. */
function heardText(seen: Pick<GatewayView, 'lastHeardMs' | 'offlineMs'> & { isSending: boolean }): string {
  if (seen.offlineMs !== null) return `is offline since ${clock(seen.offlineMs)}`
  if (seen.lastHeardMs !== null || seen.isSending) return 'is heard'
  return 'was never heard; client id and user name must both be its id, and the password its own'
}

/** Local time of the product, UTC+8. */
const clock = (atMs: number): string => new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
