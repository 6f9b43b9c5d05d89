// Chromium for tests of the page: how it is started, how a person of the host signs in with it, and what must never be
// on a page.

import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import type { Grant } from '../domain/access/permission.ts'
import { dayOf, dayStartMs, HOUR_MS } from '../domain/calendar.ts'
import type { Host } from '../local/host.ts'

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      ...['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
    ],
  })

const started = Date.now()
/** From now to noon of the same day: a test by this clock meets no midnight, on which today is another day. */
export const NOON_AHEAD_MS = dayStartMs(dayOf(started)) + 12 * HOUR_MS - started

/** Each page of the browser goes by a clock that is so much ahead. */
export function turnClocks(browser: Browser, aheadMs: number): Browser {
  const newContext = browser.newContext.bind(browser)
  browser.newContext = async (options) => {
    const context = await newContext(options)
    await context.addInitScript((ahead) => {
      const Real = Date
      const now = () => Real.now() + ahead
      globalThis.Date = new Proxy(Real, {
        construct: (_, given) => (given.length > 0 ? Reflect.construct(Real, given) : new Real(now())),
        get: (_, name) => (name === 'now' ? now : Reflect.get(Real, name)),
      })
    }, aheadMs)
    return context
  }
  return browser
}

/** Machines do other things beside tests: only a hang fails by time. */
const PAGE_MS_MAX = 90_000

export const PERSON_PASSWORD = 'walks-through-the-page'

interface SignedIn {
  context: BrowserContext
  page: Page
  /** Errors of the console and of scripts. */
  complaints: string[]
}

/** A browser of its own in which a person with these roles is signed in. */
export async function signedIn(
  browser: Browser,
  host: Host,
  { id, grants, language = 'zh' }: { id: string; grants: readonly Grant[]; language?: 'zh' | 'en' },
): Promise<SignedIn> {
  const { accounts } = host.platform
  if (!(await accounts.get(id))?.hasPassword) {
    await accounts.put({ id, name: id, grants: [...grants] }, 'test')
    const { code } = await accounts.invite(id, 'test')
    await accounts.accept({ code, password: PERSON_PASSWORD })
  }
  const opened = await accounts.signIn({ id, password: PERSON_PASSWORD, address: '127.0.0.1' })
  if (!('session' in opened)) throw new Error(`${id} could not sign in`)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  await context.addCookies([{ name: 'kilowatch-session', value: opened.session, url: host.httpUrl }])
  // A frame of a report is sandboxed and has no storage.
  await context.addInitScript((chosen) => {
    if (self === top) localStorage.setItem('kilowatch.language', chosen)
  }, language)
  const page = await context.newPage()
  page.setDefaultTimeout(PAGE_MS_MAX)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`)
  })
  return { context, page, complaints }
}

/** Gives the machine's own credential on a demo, from the button that signs in to the page as it was. */
export async function asMachine(page: Page, token: string): Promise<void> {
  if ((await page.getByTestId('machine-door').count()) === 0) {
    await page.getByTestId('sign-in').first().click()
    await page.getByTestId('machine-door').click()
  }
  await page.getByTestId('admin-token').fill(token)
  await page.getByTestId('machine-send').click()
}

/** What axe-core finds on the screen as it is shown, with the elements; minor findings apart. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }
    const { violations: found } = await inPage.run({ resultTypes: ['violations'] })
    return found
      .filter(({ impact }) => impact !== 'minor')
      .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  })
}
interface AxeResults {
  violations: { id: string; impact: string; nodes: { html: string }[] }[]
}

const TABS_MAX = 120

/** Presses Tab until the element has the focus, as a person without a mouse does. */
export async function tabTo(page: Page, locator: Locator): Promise<void> {
  await locator.waitFor()
  for (let pressed = 0; pressed < TABS_MAX; pressed++) {
    await page.keyboard.press('Tab')
    if (await locator.evaluate((element) => element === document.activeElement)) return
  }
  throw new Error(`${locator} is not reached by ${TABS_MAX} presses of Tab`)
}
