// Writes metrics as log lines in CloudWatch's embedded metric format, from which CloudWatch makes metrics by itself.

import { METRICS_NAMESPACE } from '../functions/triggers.ts'

/** What the function behind the IoT rule counts in a run. */
export type IntakeMetrics = Record<'ReadingsStored' | 'ReadingsRejected' | 'MessagesReturned', number>

export interface MetricsOptions {
  stage(): string
  /** Epoch milliseconds. */
  now(): number
  /** Past the console, whose lines Lambda wraps: CloudWatch finds the format only at the top of a line. */
  write?(line: string): void
}

export function metricsWriter({ stage, now, write = (line) => process.stdout.write(line) }: MetricsOptions) {
  return (values: IntakeMetrics): void => {
    const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }))
    const directive = { Namespace: METRICS_NAMESPACE, Dimensions: [['stage']], Metrics }
    const line = { _aws: { Timestamp: now(), CloudWatchMetrics: [directive] }, stage: stage(), ...values }
    write(`${JSON.stringify(line)}\n`)
  }
}
