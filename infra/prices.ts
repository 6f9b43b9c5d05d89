// Unit prices as data: dated, to be replaced by those of your region's price list. None was read from a price list,
// since none was within reach; they are the list of us-east-1 from memory.

export interface Price {
  /** US dollars for one `unit`. */
  usd: number
  unit: string
  /** Whether the number was read from AWS's own price list on PRICED_ON. */
  verified: boolean
}

export const PRICED_ON = '2026-11-28'
export const PRICED_FOR = 'us-east-1 (other regions, cn-north-1 above all, have other prices)'

const unverified = (usd: number, unit: string): Price => ({ usd, unit, verified: false })

export const prices = {
  iotMinutes: unverified(0.08, 'million minutes connected'),
  iotMessages: unverified(1.0, 'million messages of 5 KB'),
  iotRules: unverified(0.15, 'million rules triggered'),
  iotActions: unverified(0.15, 'million actions'),
  sqsStandard: unverified(0.4, 'million requests'),
  sqsFifo: unverified(0.5, 'million requests'),
  lambdaRequests: unverified(0.2, 'million invocations'),
  lambdaGbSeconds: unverified(13.3334, 'million GB-seconds (arm64)'),
  dynamoWrites: unverified(0.625, 'million write units of 1 KB'),
  dynamoReads: unverified(0.125, 'million read units of 4 KB'),
  dynamoStorage: unverified(0.45, 'GB-month with point-in-time recovery'),
  s3Puts: unverified(5.0, 'million PUT'),
  s3Gets: unverified(0.4, 'million GET'),
  s3Storage: unverified(0.023, 'GB-month in S3'),
  firehose: unverified(0.029, 'GB into Firehose, each record rounded up to 5 KB'),
  timestreamWrites: unverified(0.5, 'million writes of 1 KB'),
  timestreamMemory: unverified(0.036, 'GB-hour in memory'),
  timestreamMagnetic: unverified(0.03, 'GB-month magnetic'),
  timestreamQueries: unverified(0.518, 'TCU-hour'),
  influxVcpuHours: unverified(0.12, 'vCPU-hour of db.influx, one zone'),
  influxStorage: unverified(0.1, 'GB-month, one zone'),
  endpointHours: unverified(0.01, 'hour of an interface endpoint in one zone'),
  httpRequests: unverified(1.0, 'million HTTP API requests'),
  logs: unverified(0.5, 'GB of logs'),
  fixed: unverified(1.0, 'US dollar a month of keys, secrets, alarms and the dashboard'),
} satisfies Record<string, Price>
export type PriceName = keyof typeof prices
