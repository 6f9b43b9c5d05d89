// A rebuild in AWS: the state machine as the stack has it, run by a local interpreter of its language, over the steps'
// handler, with settling and judging in queues as in AWS. That IoT Core's, SQS's and Step Functions' own limits hold
// is not shown here.

import { StateMachine } from 'aws-local-stepfunctions'
import { expect, test } from 'vitest'
import { HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { assess } from '../../functions/assess.ts'
import type { StoredYear } from '../../functions/judging/subject-year.ts'
import { docKey, type FanOut, type Platform } from '../../functions/platform.ts'
import { rebuild } from '../../functions/rebuild.ts'
import { type RebuildStep, rebuildCounty } from '../../functions/rebuilding/steps.ts'
import { rollup } from '../../functions/rollup.ts'
import { settle } from '../../functions/settle.ts'
import { settledKey } from '../../functions/settling/mark.ts'
import {
  consumptionBytes,
  derive,
  documents,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
  type TestPlatform,
} from '../functions/province.ts'
import { NEEDED, synth } from './synth.ts'

const METERS = (PROVINCE.meters ?? []).map(({ id }) => id)

/** The definition with names in place of what is known at deployment. */
function definition(): never {
  const { template } = synth(NEEDED)
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'))
  const [, parts] = must(machine).Properties.DefinitionString['Fn::Join'] as [string, unknown[]]
  return JSON.parse(
    parts
      .map((part) => (typeof part === 'string' ? part : 'arn:aws:lambda:eu-west-1:123456789012:function:x'))
      .join(''),
  ) as never
}

/** What SQS and the functions behind it do: work of a queue is done later, in runs that end early. */
function queued(platform: TestPlatform) {
  const waiting = new Map<string, Set<string>>()
  const fanOut: Pick<FanOut, 'send'> = {
    async send(queue, shards) {
      const own = waiting.get(queue) ?? new Set()
      for (const shard of shards) own.add(shard)
      waiting.set(queue, own)
    },
  }
  const own = { ...platform, fanOut: fanOut as FanOut } satisfies Platform
  const runs = { settle: 0 }
  let last = Promise.resolve()
  return {
    own,
    runs,
    /** One run of each function that has work; no area is in two runs of a queue at a time. */
    run(): Promise<void> {
      last = last.then(runAll)
      return last
    },
  }
  async function runAll(): Promise<void> {
    for (const [name, make] of [
      ['settle', (on: Platform) => settle(on, { readingsPerPart: 100 })],
      ['assess', assess],
      ['rollup', rollup],
    ] as const) {
      const shards = [...(waiting.get(name) ?? [])]
      waiting.delete(name)
      if (shards.length === 0) continue
      if (name === 'settle') runs.settle++
      const { failed } = await make(own)({ shards, scheduled: false, hasTime: () => false })
      // They come again: another run changed the same marks.
      for (const { reason } of failed) expect(reason).toContain('was changed by someone else')
      await fanOut.send(
        name,
        failed.map(({ shard }) => shard),
      )
    }
  }
}

async function filled() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  for (let hour = 0; hour < 24 * 20; hour += 4)
    await platform.readings.append(
      METERS.map((meter, n) => ({
        ...{ meter, atMs: NOON_MS - (24 * 20 - hour) * HOUR_MS, value: 500 + hour * (n + 1) },
        quality: 'good' as const,
      })),
      NOON_MS + hour,
    )
  await derive(platform)
  return platform
}

const KINDS = ['subject/', 'summary/', 'standing/', 'settledTo/']
const derivedOf = async (platform: TestPlatform) => [
  ...(await Promise.all(KINDS.map((kind) => documents(platform, kind)))),
  await consumptionBytes(platform, METERS),
]

/** Runs the machine; while it waits, the functions behind the queues do their work. */
async function runMachine(platform: TestPlatform, input: Record<string, string>, { works = true } = {}) {
  const { own, run, runs } = queued(platform)
  const step = rebuildCounty(own)
  const steps: string[] = []
  const take = async (given: unknown) => {
    const asked = given as RebuildStep
    steps.push(asked.step)
    if (asked.step === 'look' && works) await run()
    if (asked.step === 'look' && !works) platform.clock.nowMs += 3 * HOUR_MS
    return await step({ ...asked, ...(asked.step === 'look' && { since: new Date(NOON_MS).toISOString() }) })
  }
  const names = ['List', 'ListAll', 'BeginCounty', 'LookCounty', 'LookArea', 'End']
  const machine = new StateMachine(definition(), { validationOptions: { checkArn: false } })
  const { result } = machine.run(input, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(names.map((name) => [name, take])) as never,
      waitTimeOverrides: { WaitCounty: 5, WaitArea: 5 },
    },
    context: { Execution: { StartTime: new Date(NOON_MS).toISOString() } } as never,
  })
  return { answer: await result, steps, settleRuns: runs.settle }
}

test('everything is computed again, in parts, to what a rebuild on one machine gives', async () => {
  const platform = await filled()
  await rebuild(platform, () => platform.consumption.clear())
  const right = await derivedOf(platform)
  // A fault of ours has spoilt hours, and months that were judged from them.
  const days = await platform.consumption.get(['A-E', 'D-W'], 20_000, 21_000)
  await platform.consumption.put(days.map((day) => ({ ...day, amounts: day.amounts.map((amount) => amount * 3) })))
  const years = await platform.state.query(docKey<StoredYear>('subject/A/'))
  const spoilt = ({ rows, ...year }: StoredYear): StoredYear => ({
    ...{ ...year, rows: rows.map((row) => row.map((value) => (typeof value === 'number' ? value + 1 : value))) },
  })
  await platform.state.put(years.map(({ key, value }) => ({ key, value: spoilt(value) })))
  expect(await derivedOf(platform)).not.toEqual(right)

  const { answer, steps, settleRuns } = await runMachine(platform, {})
  expect(answer).toEqual({ areas: 6 })
  expect(steps.filter((step) => step === 'begin')).toHaveLength(3)
  // 960 readings at 100 a part.
  expect(settleRuns).toBeGreaterThan(5)
  expect(await derivedOf(platform)).toEqual(right)
})

test('one city alone', async () => {
  const platform = await filled()
  const { answer, steps } = await runMachine(platform, { area: '130100' })
  expect(answer).toEqual({ areas: 4 })
  expect(steps.filter((step) => step === 'begin')).toHaveLength(2)
})

test('a county that nobody settles is given up after a day, and named', async () => {
  const platform = await filled()
  await expect(runMachine(platform, { area: '130200' }, { works: false })).rejects.toThrow(
    'not done within a day, see the dead letters: 130202',
  )
  expect(await platform.state.get(settledKey('130202'))).toBeUndefined()
})

test('an area that is not there is named', async () => {
  await expect(runMachine(await filled(), { area: '999999' })).rejects.toThrow('area "999999" is not in the registry')
})
