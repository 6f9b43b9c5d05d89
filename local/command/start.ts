// `kilowatch start`: runs the whole service on this machine, with the demo province unless the registry is the user's
// own.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type Host, startHost } from '../host.ts'
import { prepareDemo, progressDoc, type Stage, startDemoGateways } from './demo.ts'
import { progressLine } from './progress.ts'
import { stopSignal } from './stop-signal.ts'
import { buildWeb, WEB_DIST } from './web-build.ts'

export interface StartOptions {
  data: string
  port: number
  mqttPort: number
  host: string
  demo: boolean
  web: boolean
  seed: string
  demoInterval: number
  acceptLoss?: boolean
  allowHost?: string[]
}

const STAGES: Record<Stage, string> = {
  registry: 'registering the demo province',
  history: 'ingesting 13 months of readings',
  settle: 'settling consumption, county by county',
  assess: 'judging, county by county',
}

export async function start(options: StartOptions): Promise<void> {
  const stopped = once(stopSignal(), 'abort')
  let built = false
  const host = await startHost({
    ...options,
    names: options.allowHost,
    hold: true,
    web: () => (built ? WEB_DIST : undefined),
  })
  let gateways: ChildProcess | undefined
  try {
    say(`listening on ${host.httpUrl} and ${host.mqttUrl}`)
    const page = options.web
      ? buildWeb().then(() => {
          built = true
        })
      : Promise.resolve()
    // The page is awaited below; until then its failure is ignored here.
    page.catch(() => undefined)
    // A folder that has lost its registry still holds real readings.
    if (options.demo && !options.acceptLoss) gateways = await demo(host, options)
    await page
    host.run()
    if (!gateways) await inviteFirst(host)
    say(
      `ready: ${options.web ? host.httpUrl : `${host.httpUrl}/api/v1/health`}  (data in "${options.data}"; Ctrl-C stops)`,
    )
    await stopped
  } finally {
    await ended(gateways)
    await host.close()
  }
}

/** On a host without people: a link, once, by which the first one comes in. There is no password from the start. */
async function inviteFirst({ httpUrl, platform }: Host): Promise<void> {
  const first = await platform.accounts.inviteFirst()
  if (!first) return
  say(`nobody can sign in yet. The first person sets a password here, once, within 24 hours, and then adds others:`)
  say(`${httpUrl}/#/invitation/${first.code}`)
}

async function demo(host: Host, options: StartOptions): Promise<ChildProcess | undefined> {
  const line = progressLine()
  const doc = progressDoc(host)
  let last: Stage | undefined
  const prepared = await prepareDemo(host, options.data, options.seed, (stage, done, total) => {
    doc.report(stage, done, total)
    line.show(`${STAGES[stage]}: ${Math.min(100, Math.floor((done / total) * 100))} %`)
    if (stage !== last && !process.stderr.isTTY) say(STAGES[stage])
    last = stage
  })
  line.clear()
  await doc.done()
  return prepared && startDemoGateways(host, options.data, prepared, options.demoInterval)
}

/** Waits for the demo's gateways to stop while their broker still runs. */
async function ended(gateways: ChildProcess | undefined): Promise<void> {
  if (!gateways?.connected) return
  const exited = new Promise((resolve) => gateways.once('exit', resolve))
  gateways.disconnect()
  await exited
}

const say = (text: string): void => void process.stderr.write(`kilowatch: ${text}\n`)
