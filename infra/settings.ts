// Parses the deployment's settings from the CDK context (`-c name=value` or cdk.json) once, so that a wrong value is
// reported before anything is built. docs/deploy.md describes each.

import { SERIES_STORES, type SeriesStoreName } from './series-stores.ts'

export interface Settings {
  /** `prod` keeps its data when the stack is deleted; other stages delete theirs with it. */
  stage: string
  /** Code of the deployment's area: a tag, to tell bills apart. */
  area: string
  /** The first of the table by default: decision 0017 explains the choice. */
  readings: SeriesStoreName
  /** Mail addresses of the operators: for alarms, not for alerts about energy. */
  alerts: readonly string[]
  jwt: { issuer: string; audience: readonly string[] }
  /** Who may read over HTTP. Changes need a token either way. */
  readers: 'signed-in' | 'anyone'
  /** `none` where CloudFront is not available, as in China without an own domain with an ICP record. */
  page: 'none' | 'cloudfront'
  /** Address of a page that is not built here: links in notifications lead there, and its origin may call the API. */
  pageUrl?: string
  /** The page as a client of the issuer; without it the page has no sign-in. */
  pageClient?: { id: string; scope: string }
  /**
   * The page's own domain with its certificate; without it, CloudFront's domain and the TLS versions it allows there.
   */
  pageDomain?: { name: string; certificateArn: string }
  /** Sender of mail, verified in SES; without it no mail is sent. */
  mailFrom?: string
  /** An existing InfluxDB; without it one is built. */
  influx?: { url: string; database: string; secretArn: string }
  /** Class of the InfluxDB instance that is built. */
  influxClass: string
  /** A new value makes a new token of the InfluxDB that is built, and ends the one before. */
  influxToken: string
  /** How long logs are kept: half a year at least, for China's Cybersecurity Law asks for six months. */
  logDays: LogDays
  /** A gateway and a meter registered for watching alone (infra/canary.ts). */
  canary?: { gateway: string; meter: string }
  /**
   * Minutes between runs of settling and of judging. 0: as soon as readings arrive (functions/triggers.ts). Hours that
   * are not settled yet are shown all the same (decision 0009).
   */
  pace: { settle: number; assess: number }
  /** Whether each message is also kept as it was received (infra/record.ts). */
  record: boolean
  /** Days in which nobody can delete a file of that record; 0: only its versions protect it. */
  recordLockDays: number
  /** A bucket of another account, with its key, to which each file of that record is copied. */
  recordCopy?: { bucketArn: string; account: string; keyArn: string }
  /** `few`: no dashboard, and only the alarms by which somebody notices that readings do not become hours. */
  watch: 'all' | 'few'
  /** Whether functions reserve their copies: a new account has ten copies in all, and cannot. */
  reserves: boolean
  /** The claim of the token, and the value in it, that mark an administrator. */
  admin?: { claim: string; value: string }
}

/** Values that CloudWatch takes, from half a year on. */
const LOG_DAYS = ['180', '365', '400', '545', '731', '1096', '1827', '3653'] as const
export type LogDays = 180 | 365 | 400 | 545 | 731 | 1096 | 1827 | 3653

/** Minutes: 0, or one that divides a day. */
const PACE = /^(0|15|30|60|120|180|360)$/
const LAKE_PACE = '60'

/** Ids of a gateway and of a meter. */
const CANARY = /^[\w-]{1,64}\/[\w.-]{1,64}$/
const LOCK_DAYS = /^([1-9]\d{0,3}|[12]\d{4}|3[0-5]\d{3}|0)$/
const BUCKET_ARN = /^arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}$/
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/
const STAGE = /^[a-z][a-z0-9]{0,15}$/
const AREA = /^\d{6}(\d{6})?$/
const HTTPS = /^https:\/\/\S+$/
const MAIL = /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/

/** A value of the context is missing or wrong. */
export class SettingError extends Error {
  override name = 'SettingError'
}

/** Throws a SettingError that names the first missing or wrong value. */
export function settingsOf(context: (name: string) => unknown): Settings {
  const text = (name: string): string | undefined => {
    const value = context(name)
    return value === undefined || value === '' ? undefined : String(value)
  }
  const needed = (name: string, what: string): string => {
    const value = text(name)
    if (value === undefined) throw new SettingError(`context "${name}" is missing: -c ${name}=… (${what})`)
    return value
  }
  const matching = (name: string, value: string, pattern: RegExp, what: string): string => {
    if (!pattern.test(value)) throw new SettingError(`context "${name}": "${value}" is not ${what}`)
    return value
  }
  const oneOf = <Value extends string>(name: string, values: readonly Value[]): Value => {
    const value = text(name) ?? values[0]
    const found = values.find((one) => one === value)
    if (found === undefined) throw new SettingError(`context "${name}": "${value}" is none of ${values.join(', ')}`)
    return found
  }
  const list = (name: string): string[] => (text(name) ?? '').split(/[\s,]+/).filter((one) => one !== '')

  const influxUrl = text('influxUrl')
  const pageName = text('pageDomain')
  const adminClaim = text('adminClaim')
  const readers = oneOf('readers', ['signed-in', 'anyone'])
  const page = oneOf('page', ['none', 'cloudfront'])
  const readings = oneOf('readings', SERIES_STORES)
  if (text('region')?.startsWith('cn-')) refuseInChina({ page, readings })
  const clientId = text('pageClient')
  const pace = readings === 'lake' ? LAKE_PACE : '0'
  const PACES = '0, or minutes that divide a day: 15, 30, 60, 120, 180 or 360'
  if (page === 'cloudfront' && readers === 'signed-in') needed('pageClient', 'the client by which the page signs in')
  return {
    stage: matching('stage', text('stage') ?? 'prod', STAGE, 'a stage (small letters and digits, at most 16)'),
    area: matching('area', text('area') ?? '130000', AREA, 'the code of an area (six or twelve digits)'),
    readings,
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
    influxToken: text('influxToken') ?? '1',
    logDays: Number(oneOf('logDays', LOG_DAYS)) as LogDays,
    canary: text('canary') ? canaryOf(matching('canary', needed('canary', ''), CANARY, 'GATEWAY/METER')) : undefined,
    pace: {
      settle: Number(matching('settleMinutes', text('settleMinutes') ?? pace, PACE, PACES)),
      assess: Number(matching('judgeMinutes', text('judgeMinutes') ?? pace, PACE, PACES)),
    },
    record: oneOf('record', ['yes', 'no']) === 'yes',
    ...recordKept({ text, needed, matching }),
    watch: oneOf('watch', readings === 'lake' ? ['few', 'all'] : ['all', 'few']),
    reserves: oneOf('reserve', ['yes', 'no']) === 'yes',
    admin: adminClaim ? { claim: adminClaim, value: needed('adminValue', 'the value of adminClaim') } : undefined,
  }
}

interface Readers {
  text(name: string): string | undefined
  needed(name: string, what: string): string
  matching(name: string, value: string, pattern: RegExp, what: string): string
}
/** The account of the copy is that of its key. */
function recordKept({ text, needed, matching }: Readers): Pick<Settings, 'recordLockDays' | 'recordCopy'> {
  const days = matching('recordLockDays', text('recordLockDays') ?? '0', LOCK_DAYS, 'days from 0 to 35999')
  const recordLockDays = Number(days)
  const copy = text('recordCopy')
  if (copy === undefined) return { recordLockDays }
  const bucketArn = matching('recordCopy', copy, BUCKET_ARN, 'the ARN of a bucket')
  const key = needed('recordCopyKey', 'ARN of the key of recordCopy')
  const keyArn = matching('recordCopyKey', key, KEY_ARN, 'the ARN of a KMS key')
  return { recordLockDays, recordCopy: { bucketArn, keyArn, account: keyArn.split(':')[4] ?? '' } }
}

function canaryOf(value: string): { gateway: string; meter: string } {
  const [gateway = '', meter = ''] = value.split('/')
  return { gateway, meter }
}

/** What the regions of China lack: docs/deploy.md lists it with its sources. */
function refuseInChina({ page, readings }: Pick<Settings, 'page' | 'readings'>): void {
  if (readings === 'timestream')
    throw new SettingError(
      'context "readings": Timestream for LiveAnalytics is not offered in China; take lake or influxdb',
    )
  if (page === 'cloudfront')
    throw new SettingError(
      'context "page": CloudFront in China needs a domain with an ICP record; take none, and pageUrl',
    )
}
