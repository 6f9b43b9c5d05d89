// Writes log lines as JSON under the keys of Powertools for AWS Lambda, one object a line, so that a query follows a
// message: its id and IoT Core's trace to the work that it caused, and that work to the hours (docs/operations.md).

import type { RunContext } from './deadline.ts'

export type LogLevel = 'INFO' | 'WARN' | 'ERROR'
export interface FunctionLog {
  (level: LogLevel, message: string, keys?: Readonly<Record<string, unknown>>): void
  /** Names the run in the lines that follow. Lambda runs one at a time in a process. */
  begin(context: RunContext | undefined): void
}

export interface LogOptions {
  /** Epoch milliseconds. */
  now(): number
  /** Past the console, whose lines Lambda wraps once more. */
  write?(line: string): void
}

/** The name by which lines of this service are found. */
const SERVICE = 'kilowatch'

export function jsonLog({ now, write = (line) => process.stdout.write(line) }: LogOptions): FunctionLog {
  let run: Readonly<Record<string, unknown>> = {}
  const log = (level: LogLevel, message: string, keys: Readonly<Record<string, unknown>> = {}): void => {
    const timestamp = new Date(now()).toISOString()
    write(`${JSON.stringify({ level, message, timestamp, service: SERVICE, ...run, ...keys })}\n`)
  }
  return Object.assign(log, {
    begin(context: RunContext | undefined) {
      run = context ? { function_name: context.functionName, function_request_id: context.awsRequestId } : {}
    },
  })
}
