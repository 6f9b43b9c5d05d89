// `kilowatch rebuild --aws`: what it asks of Step Functions, what it says while the rebuild goes on, and how it ends.

import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rebuildAws } from '../../cloud/command-rebuild.ts'

const MACHINE = 'arn:aws-cn:states:cn-north-1:123456789012:stateMachine:kilowatch-prod-rebuild'
const mock = mockClient(SFNClient)
const sfn = new SFNClient({ region: 'cn-north-1' })
let [out, told] = ['', '']
/** Keeps what is written. */
const kept = (keep: (text: string) => void) => (text: unknown) => {
  keep(String(text))
  return true
}

beforeEach(() => {
  mock.reset()
  mock.on(StartExecutionCommand).resolves({ executionArn: 'E' })
  mock.on(ListMapRunsCommand).resolves({ mapRuns: [{ mapRunArn: 'M' } as never] })
  ;[out, told] = ['', '']
  vi.spyOn(process.stdout, 'write').mockImplementation(
    kept((text) => {
      out += text
    }),
  )
  vi.spyOn(process.stderr, 'write').mockImplementation(
    kept((text) => {
      told += text
    }),
  )
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})

const counts = (succeeded: number, failed = 0) => ({
  itemCounts: { total: 3, succeeded, failed, running: 3 - succeeded - failed } as never,
})

test('starts with the area, and says which execution it is', async () => {
  await rebuildAws({ machine: MACHINE, area: '130100', json: true }, { sfn })
  const [call] = mock.commandCalls(StartExecutionCommand)
  expect(call?.args[0].input).toEqual({ stateMachineArn: MACHINE, input: '{"area":"130100"}' })
  expect(JSON.parse(out)).toEqual({ executionArn: 'E' })
})

test('follows it: each change of the counties once, then how it ended', async () => {
  mock
    .on(DescribeExecutionCommand)
    .resolvesOnce({ status: 'RUNNING' })
    .resolvesOnce({ status: 'RUNNING' })
    .resolvesOnce({ status: 'RUNNING' })
    .resolves({ status: 'SUCCEEDED', output: '{"areas":6}' })
  mock.on(DescribeMapRunCommand).resolvesOnce(counts(0)).resolvesOnce(counts(0)).resolves(counts(3))
  await rebuildAws({ machine: MACHINE, follow: true }, { sfn, everyMs: 1 })
  expect(told.trim().split('\n')).toEqual([
    '0 of 3 counties done, 3 being done, 0 failed',
    '3 of 3 counties done, 0 being done, 0 failed',
  ])
  expect(out).toBe('SUCCEEDED\n')
  expect(process.exitCode).toBe(0)
})

test('a rebuild that fails says why, and exits with 1', async () => {
  const cause = JSON.stringify({
    errorType: 'Error',
    errorMessage: 'not done within a day, see the dead letters: 130202',
  })
  mock.on(DescribeExecutionCommand).resolves({ status: 'FAILED', error: 'Error', cause })
  mock.on(DescribeMapRunCommand).resolves(counts(2, 1))
  await rebuildAws({ machine: MACHINE, follow: true, json: true }, { sfn, everyMs: 1 })
  expect(JSON.parse(out)).toMatchObject({
    status: 'FAILED',
    reason: 'not done within a day, see the dead letters: 130202',
  })
  expect(process.exitCode).toBe(1)
})

test('what is no state machine is refused before anything is asked', async () => {
  await expect(rebuildAws({ machine: 'rebuild' })).rejects.toThrow('--machine "rebuild" is no ARN of a state machine')
})
