// Writes metrics as log lines in CloudWatch's embedded metric format, from which CloudWatch makes metrics by itself.

import { METRICS_NAMESPACE } from '../functions/triggers.ts'

/** The metrics of a run: those of the function behind the IoT rule, and of settling. */
const UNITS = {
  ReadingsStored: 'Count',
  ReadingsRejected: 'Count',
  MessagesReturned: 'Count',
  /** From the end of the newest hour that a settled reading reaches to now. */
  SettledHourAge: 'Seconds',
  /** Of the canary's latest reading that stands in an hour. */
  CanaryAge: 'Seconds',
} as const
export type RunMetrics = Partial<Record<keyof typeof UNITS, number>>
export type CountMetrics = (values: RunMetrics) => void

export interface MetricsOptions {
  stage(): string
  /** Epoch milliseconds. */
  now(): number
  /** Past the console, whose lines Lambda wraps: CloudWatch finds the format only at the top of a line. */
  write?(line: string): void
}

export function metricsWriter({
  stage,
  now,
  write = (line) => process.stdout.write(line),
}: MetricsOptions): CountMetrics {
  return (values: RunMetrics): void => {
    const Metrics = (Object.keys(values) as (keyof typeof UNITS)[]).map((Name) => ({ Name, Unit: UNITS[Name] }))
    const directive = { Namespace: METRICS_NAMESPACE, Dimensions: [['stage']], Metrics }
    const line = { _aws: { Timestamp: now(), CloudWatchMetrics: [directive] }, stage: stage(), ...values }
    write(`${JSON.stringify(line)}\n`)
  }
}
