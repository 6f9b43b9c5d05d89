// What whoever deploys decides, from the CDK context (`-c name=value` or cdk.json): parsed once, here, so that a wrong
// value is named before anything is built. docs/deploy.md describes each.

/**
 * Where the series may be, the default first: decision 0017 says why there is a choice, and why the database is in a
 * network of its own. Each has a row in series-stores.ts.
 */
export const SERIES_STORES = ['influxdb', 'timestream'] as const
export type SeriesStoreName = (typeof SERIES_STORES)[number]

export interface Settings {
  /** `prod` keeps its data when the stack is deleted; what other stages hold goes with them. */
  stage: string
  /** Code of the area that the deployment serves: a tag, to tell bills apart. */
  area: string
  readings: SeriesStoreName
  /** Mail addresses of those who run it: alarms, not alerts about energy. */
  alerts: readonly string[]
  jwt: { issuer: string; audience: readonly string[] }
  /** Who may read over HTTP. Whatever changes something needs a token either way. */
  readers: 'signed-in' | 'anyone'
  /** `none` where CloudFront cannot serve it, as in China without a domain of one's own that has an ICP record. */
  page: 'none' | 'cloudfront'
  /**
   * Where the page is, when it is not built here: links of notifications lead there, and its origin may ask the API.
   */
  pageUrl?: string
  /** The page as a client of the issuer; without, nobody signs in on it. */
  pageClient?: { id: string; scope: string }
  /** The page's own domain with its certificate; without, CloudFront's domain and the TLS versions it allows there. */
  pageDomain?: { name: string; certificateArn: string }
  /** Sender of mail, verified in SES; without it mail is not sent. */
  mailFrom?: string
  /** An InfluxDB that is there already; without it one is built. */
  influx?: { url: string; database: string; secretArn: string }
  /** Class of the InfluxDB instance that is built. */
  influxClass: string
  /** The value that makes an administrator, and the claim of the token it stands in. */
  admin?: { claim: string; value: string }
}

const STAGE = /^[a-z][a-z0-9]{0,15}$/
const AREA = /^\d{6}(\d{6})?$/
const HTTPS = /^https:\/\/\S+$/
const MAIL = /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/

/** Throws an Error that names the first value that is missing or wrong. */
export function settingsOf(context: (name: string) => unknown): Settings {
  const text = (name: string): string | undefined => {
    const value = context(name)
    return value === undefined || value === '' ? undefined : String(value)
  }
  const needed = (name: string, what: string): string => {
    const value = text(name)
    if (value === undefined) throw new Error(`context "${name}" is missing: -c ${name}=… (${what})`)
    return value
  }
  const matching = (name: string, value: string, pattern: RegExp, what: string): string => {
    if (!pattern.test(value)) throw new Error(`context "${name}": "${value}" is not ${what}`)
    return value
  }
  const oneOf = <Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value => {
    const value = text(name) ?? values[0]
    const found = values.find((one) => one === value)
    if (found === undefined) throw new Error(`context "${name}": "${value}" is none of ${values.join(', ')}`)
    return found
  }
  const list = (name: string): string[] => (text(name) ?? '').split(/[\s,]+/).filter((one) => one !== '')

  const influxUrl = text('influxUrl')
  const pageName = text('pageDomain')
  const adminClaim = text('adminClaim')
  const readers = oneOf('readers', ['signed-in', 'anyone'])
  const page = oneOf('page', ['none', 'cloudfront'])
  const clientId = text('pageClient')
  if (page === 'cloudfront' && readers === 'signed-in') needed('pageClient', 'the client by which the page signs in')
  return {
    stage: matching('stage', text('stage') ?? 'prod', STAGE, 'a stage (small letters and digits, at most 16)'),
    area: matching('area', text('area') ?? '130000', AREA, 'the code of an area (six or twelve digits)'),
    readings: oneOf('readings', SERIES_STORES),
    alerts: list('alerts').map((address) => matching('alerts', address, MAIL, 'a mail address')),
    jwt: {
      issuer: matching('jwtIssuer', needed('jwtIssuer', 'who signs tokens'), HTTPS, 'an https address'),
      audience: needed('jwtAudience', 'whom tokens are for').split(/[\s,]+/),
    },
    readers,
    page,
    pageUrl: text('pageUrl') && matching('pageUrl', needed('pageUrl', ''), HTTPS, 'an https address'),
    pageClient: clientId ? { id: clientId, scope: text('pageScope') ?? 'openid' } : undefined,
    pageDomain: pageName
      ? { name: pageName, certificateArn: needed('pageCertificate', 'ARN of the certificate of pageDomain') }
      : undefined,
    mailFrom: text('mailFrom') && matching('mailFrom', needed('mailFrom', ''), MAIL, 'a mail address'),
    influx: influxUrl
      ? {
          url: matching('influxUrl', influxUrl, HTTPS, 'an https address'),
          database: text('influxDatabase') ?? 'kilowatch',
          secretArn: needed('influxSecret', 'ARN of the secret with {"token"} or {"username","password"}'),
        }
      : undefined,
    influxClass: text('influxClass') ?? 'db.influx.medium',
    admin: adminClaim ? { claim: adminClaim, value: needed('adminValue', 'the value of adminClaim') } : undefined,
  }
}
