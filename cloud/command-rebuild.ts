// `kilowatch rebuild --aws`: starts the state machine that computes everything again, and follows it
// (docs/deploy.md#rebuild).

import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'

const FOLLOW_MS = 30_000

export interface RebuildAwsOptions {
  machine: string
  area?: string
  /** Waits until it is over. */
  follow?: boolean
  json?: boolean
}

/** Exit code 1 when the rebuild failed. Throws an Error with a sentence where the ARN is none, or AWS refuses. */
export async function rebuildAws(
  { machine, area, follow, json }: RebuildAwsOptions,
  { everyMs = FOLLOW_MS, sfn = clientOf(machine) } = {},
): Promise<void> {
  const input = JSON.stringify(area === undefined ? {} : { area })
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: machine, input }))
  if (!follow) {
    process.stdout.write(json ? `${JSON.stringify({ executionArn })}\n` : `started ${executionArn}\n`)
    return
  }
  for (let told = ''; ; await sleep(everyMs)) {
    const { status, output, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }))
    const counties = await countiesOf(sfn, executionArn)
    const text = `${counties.succeeded} of ${counties.total} counties done, ${counties.running} being done, ${counties.failed} failed`
    if (text !== told) process.stderr.write(`${text}\n`)
    told = text
    if (status === 'RUNNING') continue
    if (status !== 'SUCCEEDED') process.exitCode = 1
    const reason = reasonOf(cause) ?? error
    const end = { executionArn, status, counties, ...(reason !== undefined && { reason }), ...outputOf(output) }
    process.stdout.write(json ? `${JSON.stringify(end)}\n` : `${status}${reason === undefined ? '' : `: ${reason}`}\n`)
    return
  }
}

async function countiesOf(sfn: SFNClient, executionArn: string | undefined) {
  const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }))
  const mapRunArn = mapRuns[0]?.mapRunArn
  if (mapRunArn === undefined) return { total: 0, succeeded: 0, running: 0, failed: 0 }
  const { itemCounts } = await sfn.send(new DescribeMapRunCommand({ mapRunArn }))
  const { total = 0, succeeded = 0, running = 0, failed = 0 } = itemCounts ?? {}
  return { total, succeeded, running, failed }
}

const outputOf = (output: string | undefined): object => (output === undefined ? {} : { output: JSON.parse(output) })

/** Lambda's error is JSON in the cause. */
function reasonOf(cause: string | undefined): string | undefined {
  if (cause === undefined) return undefined
  try {
    return (JSON.parse(cause) as { errorMessage?: string }).errorMessage ?? cause
  } catch {
    return cause
  }
}

/** Takes the region from the ARN, so that the user need not give it. */
function clientOf(machine: string): SFNClient {
  const [, region] = /^arn:aws[a-z-]*:states:([a-z0-9-]+):\d{12}:stateMachine:.+$/.exec(machine) ?? []
  if (region === undefined) throw new Error(`--machine "${machine}" is no ARN of a state machine`)
  return new SFNClient({ region })
}
