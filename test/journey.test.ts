// The whole way of a reading: simulated meter → gateway → real broker → handlers → HTTP → the page in headless
// Chromium, where the number on the screen is the number that the meter counted.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import { demoProvince } from '../devices/demo/province.ts'
import { Simulator } from '../devices/demo/simulator.ts'
import { type DeviceGateway, startGateway } from '../devices/gateway.ts'
import { DAY_MS, dayLabel, dayOf, dayStartMs } from '../domain/calendar.ts'
import type { Registry } from '../domain/import/registry.ts'
import type { AreaStatusView, SeriesView } from '../domain/view/view.ts'
import { DEMO_KEY } from '../functions/api/routes.ts'
import { clientOf } from '../local/command/client.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'

const SETUP_MS = 120_000
const WAIT = { timeout: 60_000, interval: 100 }

let folder: string
let host: Host
let browser: Browser
let page: Page
let gateways: DeviceGateway[] = []
const now = Date.now()
const province = demoProvince({ seed: 'journey', startMs: now - 4 * DAY_MS })
const simulator = new Simulator(province)
const registry = oneInstitution(province.registry)
const [institution] = registry.institutions
const meter = registry.meters.find(
  ({ medium, role, kind }) => medium === 'electricity' && role === 'main' && kind === 'register',
)
const yesterday = dayOf(now) - 1

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilowatch-journey-'))
  await buildWeb()
  host = await startHost({ data: join(folder, 'data'), host: '127.0.0.1', port: 0, mqttPort: 0, web: () => WEB_DIST })
  // Who does not sign in reads, as on a demo.
  await host.platform.state.put([{ key: DEMO_KEY, value: { seed: 'journey', startMs: 0 } }])
  const { secrets } = await clientOf(host).put<{ secrets: { id: string; secret: string }[] }>('registry', registry)
  gateways = secrets.map(({ id, secret }) =>
    startGateway({
      id,
      password: secret,
      url: host.mqttUrl,
      source: simulator.source(id, { intervalSeconds: 1, sinceMs: now - 3 * DAY_MS }),
      outbox: { file: join(folder, `${id}.outbox`) },
    }),
  )
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
}, SETUP_MS)

afterAll(async () => {
  await browser?.close()
  for (const gateway of gateways) await gateway.stop()
  await host?.close()
  await rm(folder, { recursive: true, force: true })
})

test('shows on the page the day that the simulated meter counted', async () => {
  if (!meter) throw new Error('the institution has no main electricity register')
  const [fromMs, toMs] = [dayStartMs(yesterday), dayStartMs(yesterday + 1)]
  const counted = (simulator.registerAt(meter.id, toMs) - simulator.registerAt(meter.id, fromMs)) * meter.multiplier
  const kwh = meter.unit === 'MWh' ? counted * 1000 : counted
  const series = () => clientOf(host).get<SeriesView>(`meters/${meter.id}/series?grain=day&from=${fromMs}&to=${toMs}`)
  await vi.waitFor(async () => expect((await series()).points[0]).toMatchObject({ hoursKnown: 24 }), WAIT)
  expect((await series()).points[0].value).toBeCloseTo(kwh, 6)

  await page.goto(`${host.httpUrl}/#/institution/${institution.id}?meter=${meter.id}&day=${dayLabel(yesterday)}`)
  await expect.poll(() => numberOf('curve-total'), WAIT).toBeCloseTo(kwh, 2)
  expect(await page.getByTestId('curve-total').textContent()).toContain('24/24')
})

test("shows what is known of the area's year, in Chinese first and in English on demand", async () => {
  const status = await clientOf(host).get<AreaStatusView>(`areas/${registry.areas[0].code}/status`)
  const figure = status.dualControl?.indicators.find(({ indicator }) => indicator === 'energy')
  // Some days of a year are too little to be judged.
  expect(figure).toMatchObject({ actual: null, reason: 'unknownTime' })
  const energy = figure?.knownPart ?? 0
  expect(energy).toBeGreaterThan(0)
  await page.goto(`${host.httpUrl}/`)
  // The live gateways go on counting meanwhile: what is shown is at least what was asked before, and hardly more.
  const known = async () =>
    numberIn((await page.getByTestId('province-energy-actual-known').textContent())?.split('：')[1])
  await expect.poll(known, WAIT).toBeGreaterThanOrEqual(Math.floor(energy * 10) / 10)
  expect(await known()).toBeLessThan(energy * 1.1 + 0.1)
  expect(await page.getByTestId('province-energy-actual').textContent()).toBe('—')
  expect(await page.getAttribute('html', 'lang')).toBe('zh-CN')
  expect(await page.getByTestId('dual-control').textContent()).toContain('双控')
  await page.getByTestId('language-switch').click()
  await expect.poll(() => page.getByTestId('dual-control').textContent(), WAIT).toContain('Dual control')
})

test('opens an institution from the list', async () => {
  await page.goto(`${host.httpUrl}/`)
  await page.getByTestId(`institution-row-${institution.id}`).click()
  await page.getByTestId('institution-energy-actual').waitFor()
  expect(page.url()).toContain(`#/institution/${institution.id}`)
  await page.getByRole('tab', { name: 'Meters' }).click()
  await page.getByTestId('curve-total').waitFor()
  expect(page.url()).toContain('view=meters')
})

/** The first number in an element's text. */
async function numberOf(testId: string): Promise<number> {
  return numberIn((await page.getByTestId(testId).textContent()) ?? '')
}
const numberIn = (text = ''): number => Number(/-?[\d,]+(\.\d+)?/.exec(text)?.[0].replaceAll(',', ''))

/** The areas, and one government office with its gateways and meters that has a main electricity register in kWh. */
function oneInstitution(whole: Registry): Registry {
  const chosen = whole.institutions.find(({ id, type }) => {
    const own = whole.meters.filter((one) => one.institution === id)
    const hasFault = province.faults.some((fault) => fault.institution === id)
    return (
      type === 'government' &&
      !hasFault &&
      own.some(({ medium, kind }) => medium === 'electricity' && kind === 'register')
    )
  })
  if (!chosen) throw new Error('the demo has no government office')
  return {
    areas: whole.areas,
    institutions: [chosen],
    gateways: whole.gateways.filter((gateway) => gateway.institution === chosen.id),
    meters: whole.meters.filter((one) => one.institution === chosen.id),
    targets: whole.targets.filter(({ subject }) => subject === chosen.id),
    quotas: whole.quotas,
  }
}
