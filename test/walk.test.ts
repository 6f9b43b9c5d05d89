// The demo in Chromium as four of its readers: a province official, an institution manager, a contractor and an
// installer open each of their screens in both languages, at three widths and on paper. Nothing is said to the console,
// nothing lies beside the screen, nothing is left loading; pictures of all stay in the folder that is named at the end.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import type { Grant } from '../domain/access/permission.ts'
import { must } from '../domain/must.ts'
import type { AlertView } from '../domain/view/alert.ts'
import { type Client, clientOf } from '../local/command/client.ts'
import { prepareDemo } from '../local/command/demo.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'
import { launchChromium, signedIn, violations } from './browser.ts'
import { CAMPAIGN, testInCampaign } from './campaign.ts'

const WIDTHS = [1440, 820, 390]
const HEIGHT = 900
const PREPARE_MS = 15 * 60_000
const WALK_MS = 30 * 60_000
const WAIT = { timeout: 60_000, interval: 100 }
/** Paper across: A4 at 96 dpi without its margins. */
const PAPER = { width: 1046, height: 718 }

let data: string
let pictures: string
let host: Host
let client: Client
let browser: Browser

beforeAll(async () => {
  if (!CAMPAIGN) return
  data = await mkdtemp(join(tmpdir(), 'kilowatch-walk-'))
  pictures = await mkdtemp(join(tmpdir(), 'kilowatch-pictures-'))
  await buildWeb()
  host = await startHost({
    data,
    host: '127.0.0.1',
    port: 0,
    mqttPort: 0,
    web: () => WEB_DIST,
    log: () => undefined,
    hold: true,
  })
  client = clientOf(host)
  await prepareDemo(host, data, 'kilowatch', () => undefined)
  host.run()
  browser = await launchChromium()
}, PREPARE_MS)

afterAll(async () => {
  await browser?.close()
  await host?.close()
  if (data) await rm(data, { recursive: true, force: true })
  if (pictures) console.info(`pictures: ${pictures}`)
})

interface Reader {
  id: string
  grants: Grant[]
  screens: string[]
}

const OF_INSTITUTION = ['overview', 'meters', 'use', 'carbon', 'cost', 'revisions', 'reports', 'contracts', 'control']
const OF_AREA = ['overview', 'alerts', 'ranking', 'carbon', 'plan', 'contracts', 'revisions', 'reports']

/** The readers, with places that the demo has. */
async function readers(): Promise<Reader[]> {
  const { items } = await client.get<{ items: { id: string; institution: string }[] }>('contracts')
  const contract = must(items[0])
  const { items: alerts } = await client.get<{ items: AlertView[] }>('alerts?limit=500')
  const leak = must(alerts.find(({ subject }) => subject.type === 'meter'))
  const { institution } = await client.get<{ institution: string }>(`meters/${leak.subject.id}`)
  const own = (id: string) => OF_INSTITUTION.map((view) => `#/institution/${id}?view=${view}`)
  const meter = `#/meter/${leak.subject.id}`
  const why = `#/why/institution/${institution}?indicator=energyPerCapita&table=quota`
  return [
    {
      ...{ id: 'province', grants: [{ role: 'province', areas: ['130000'] }] },
      screens: [
        ...OF_AREA.map((view) => `#/area/130000?view=${view}`),
        ...['#/', '#/wall', '#/institutions', '#/connection', '#/alerts', '#/area/130100'],
        ...[`#/alert/${encodeURIComponent(leak.id)}`, why, '#/administration?view=targets'],
        ...['tables', 'calendar', 'thresholds', 'retention', 'own'].map((view) => `#/administration?view=${view}`),
      ],
    },
    {
      ...{ id: 'county', grants: [{ role: 'county', areas: ['130102'] }] },
      screens: ['#/', '#/area/130102?view=reports', '#/institutions', '#/alerts', '#/connection'],
    },
    {
      ...{ id: 'manager', grants: [{ role: 'manager', institutions: [institution] }] },
      screens: ['#/', ...own(institution), meter, `${meter}?grain=raw`, `#/alert/${encodeURIComponent(leak.id)}`, why],
    },
    {
      ...{ id: 'contractor' },
      grants: [{ role: 'contractor', institutions: [contract.institution], contract: contract.id }],
      screens: ['#/', ...own(contract.institution)],
    },
    {
      ...{ id: 'installer', grants: [{ role: 'installer', areas: ['130102'] }] },
      screens: ['#/', '#/connection', '#/institutions', '#/administration?view=own', '#/administration?view=calendar'],
    },
    { id: 'system', grants: [{ role: 'system' }], screens: ['#/administration', '#/administration?view=channels'] },
    {
      ...{ id: 'security', grants: [{ role: 'security' }] },
      screens: ['#/', '#/administration?view=people', '#/administration?view=own'],
    },
    { id: 'audit', grants: [{ role: 'audit' }], screens: ['#/administration?view=audit'] },
  ]
}

/** CI walks in Chinese alone: every place stands in English on a phone and on paper in pages.test.ts. */
const LANGUAGES = process.env.KILOWATCH_WALK === 'all' ? (['zh', 'en'] as const) : (['zh'] as const)

describe.each(LANGUAGES)('in %s', (language) => {
  testInCampaign(
    'each screen of each reader is whole at three widths and on paper',
    async () => {
      const found: string[] = []
      for (const reader of await readers()) {
        const { page, context, complaints } = await signedIn(browser, host, { ...reader, language })
        onTestFinished(() => context.close())
        for (const [number, hash] of reader.screens.entries()) {
          const at = `${reader.id} ${language} ${hash}`
          await page.setViewportSize({ width: must(WIDTHS[0]), height: HEIGHT })
          await page.goto(`${host.httpUrl}/${hash}`)
          await settled(page)
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: HEIGHT })
            await page.waitForTimeout(200)
            const name = `${reader.id}-${language}-${String(number).padStart(2, '0')}-${width}.jpg`
            await page.screenshot({ path: join(pictures, name), type: 'jpeg', quality: 60, fullPage: true })
            const beside = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
            if (beside > 0) found.push(`${at} at ${width}: ${beside} px beside the screen`)
          }
          // Every other place is read in pages.test.ts.
          if (hash.startsWith('#/administration'))
            found.push(...(await violations(page)).map((said) => `${at}: ${said}`))
          await page.setViewportSize(PAPER)
          await page.emulateMedia({ media: 'print' })
          const name = `${reader.id}-${language}-${String(number).padStart(2, '0')}-paper.jpg`
          await page.screenshot({ path: join(pictures, name), type: 'jpeg', quality: 60 })
          await page.emulateMedia({ media: null })
          const text = (await page.locator('body').textContent()) ?? ''
          if (/undefined|\[object|NaN/.test(text)) found.push(`${at}: a value that is none`)
          for (const broken of ['broken', 'problem'])
            if ((await page.getByTestId(broken).count()) > 0) found.push(`${at}: ${broken}`)
          found.push(...complaints.splice(0).map((said) => `${at}: ${said}`))
        }
      }
      expect(found).toEqual([])
    },
    WALK_MS,
  )
})

/** Waits until nothing loads any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main h1, main .ant-card, .wall').first().waitFor(WAIT)
  await expect.poll(() => page.locator('.waiting, .ant-skeleton, .ant-spin-spinning').count(), WAIT).toBe(0)
}
