// Reads `config.json` beside index.html: the address of the API and the sign-in provider of a deployment
// (docs/deploy.md). One machine needs no such file: it answers with the session and the health, which the page needs
// first (decision 0056). index.html asks for it before the script is there.

import type { SessionView } from '../../../domain/view/session.ts'
import type { HealthView } from '../../../domain/view/view.ts'

export interface Oidc {
  /** URL of the OpenID provider; its metadata is at `ISSUER/.well-known/openid-configuration`. */
  issuer: string
  clientId: string
  scope: string
}
export interface SiteConfig {
  /** Base URL of `api/v1/`, with a final slash. */
  apiUrl: string
  /** Null: no sign-in. */
  oidc: Oidc | null
  /** What a host of one machine says at once; absent: it is asked for. */
  session?: SessionView
  health?: HealthView
}

const NAME = 'config.json'
/** S3 without the right to list answers 403 for a missing file. */
const ABSENT: ReadonlySet<number> = new Set([403, 404])

/**
 * Throws an Error that describes the problem of the file. An absent or empty file means: API beside the page, no
 * sign-in.
 */
export async function readSiteConfig(): Promise<SiteConfig> {
  const response = await fetch(NAME, { cache: 'no-cache' })
  if (ABSENT.has(response.status)) return parseSiteConfig('', document.baseURI)
  if (!response.ok) throw new Error(`${NAME}: HTTP ${response.status}`)
  return parseSiteConfig(await response.text(), document.baseURI)
}

/** `base`: the address of the page. Throws an Error that names the field. */
export function parseSiteConfig(text: string, base: string): SiteConfig {
  const config = fieldsOf(text.trim() === '' ? {} : parsed(text), 'the file')
  const apiUrl = addressOf(config.apiUrl ?? './', 'apiUrl', base)
  if (config.oidc === undefined) {
    const { session, health } = config as Pick<SiteConfig, 'session' | 'health'>
    return { apiUrl: withSlash(apiUrl), oidc: null, ...(session && { session }), ...(health && { health }) }
  }
  const { issuer, clientId, scope = 'openid' } = fieldsOf(config.oidc, 'oidc')
  if (typeof clientId !== 'string' || clientId === '') throw new Error(`${NAME}: oidc.clientId is missing`)
  if (typeof scope !== 'string' || !scope.split(' ').includes('openid')) {
    throw new Error(`${NAME}: oidc.scope has no "openid"`)
  }
  return { apiUrl: withSlash(apiUrl), oidc: { issuer: addressOf(issuer, 'oidc.issuer'), clientId, scope } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${NAME} is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function fieldsOf(value: unknown, what: string): Partial<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error(`${NAME}: ${what} is no object`)
}

/** Tokens are sent there, so it must be https, this machine, or the page's own origin. */
function addressOf(value: unknown, field: string, base?: string): string {
  const url = typeof value === 'string' && URL.canParse(value, base) ? new URL(value, base) : null
  if (!url) throw new Error(`${NAME}: ${field} is no address`)
  const isSafe = url.protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
  if (!isSafe && url.origin !== (base && new URL(base).origin)) throw new Error(`${NAME}: ${field} is not https`)
  // An issuer is compared literally, so an issuer without a path must not get a slash.
  return base === undefined ? String(value) : url.href
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`)
