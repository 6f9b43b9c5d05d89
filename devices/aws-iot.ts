// Options with which a gateway connects to AWS IoT Core instead of an embedded broker: a certificate of its own instead
// of a password, the rule that takes readings free of charge (Basic Ingest), and the service's quotas as limits. The
// outbox and the meaning of a PUBACK stay the same.

import { readFileSync } from 'node:fs'
import { topicOf } from '../domain/wire/topic.ts'
import type { GatewayOptions } from './gateway.ts'
import type { UplinkLimits } from './uplink.ts'

export interface AwsIotOptions {
  /** Gateway id: the name of the thing, and the MQTT client id. */
  id: string
  /**
   * The account's endpoint, `….iot.<region>.amazonaws.com[.cn]` (`aws iot describe-endpoint --endpoint-type
   * iot:Data-ATS`).
   */
  host: string
  /** 8883 unless a firewall in between requires another. */
  port?: number
  /** Name of the rule: the stack's output `IngestRuleName`. */
  rule: string
  /** PEM files: the gateway's certificate and private key, and the certificate authorities of the endpoint. */
  certificateFile: string
  keyFile: string
  authoritiesFile: string
}

/**
 * Quotas of IoT Core for one connection: 100 publishes a second, 512 KiB a second, 100 publishes without a PUBACK, one
 * CONNECT a second for a client id; a message has 128 KiB as everywhere. The limits stay below: the status is a publish
 * too.
 */
const LIMITS: Partial<UplinkLimits> = {
  publishesPerSecond: 80,
  publishesAtOnce: 10,
  bytesPerSecond: 400 * 1024,
  inFlightMax: 64,
  // Half of it after jitter.
  retryMsMin: 2_500,
  retryMsMax: 60_000,
}

/** To be spread into `startGateway`. Throws when a file cannot be read. */
export function awsIot(
  options: AwsIotOptions,
): Pick<GatewayOptions, 'id' | 'url' | 'topic' | 'retainStatus' | 'mqtt' | 'limits'> {
  const { id, host, port = 8883, rule } = options
  return {
    id,
    url: `mqtts://${host}:${port}`,
    topic: basicIngestTopic(rule, id),
    // The rule of statuses keeps the last one; a retained message is metered as two.
    retainStatus: false,
    limits: LIMITS,
    mqtt: {
      cert: readFileSync(options.certificateFile),
      key: readFileSync(options.keyFile),
      ca: readFileSync(options.authoritiesFile),
      rejectUnauthorized: true,
    },
  }
}

/** The rule engine's own topic: the broker passes such a message to nobody and charges nothing for it. */
export const basicIngestTopic = (rule: string, gateway: string): string =>
  `$aws/rules/${rule}/${topicOf(gateway, 'readings')}`
