// The platform on AWS asks its environment at first use, and says by name what is missing or wrong.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import { variable, variables } from '../../cloud/environment.ts'
import { onHttp, onMessages, onShards, platform } from '../../cloud/platform.ts'
import { chosenStore, seriesVariables } from '../../cloud/series/stores.ts'
import { api } from '../../functions/api.ts'
import { ingest } from '../../functions/ingest.ts'
import { notify } from '../../functions/notify.ts'
import { docKey } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'

afterEach(() => {
  for (const name of Object.keys({ ...variables, ...seriesVariables })) delete process.env[name]
})

test('handlers are made without any variable', () => {
  expect([onMessages(ingest), onShards('settle', settle), onShards('notify', notify), onHttp(api)]).toHaveLength(4)
})

test.each([
  ['KILOWATCH_STATE_TABLE', () => platform().state.get(docKey('a'))],
  ['KILOWATCH_STATE_TABLE', () => platform().readings.count(['a'])],
  ['KILOWATCH_OBJECTS_BUCKET', () => platform().objects.get('a')],
  ['KILOWATCH_STORE', () => platform().consumption.get(['a'], 0, 1)],
  ['KILOWATCH_QUEUE_SETTLE_URL', () => platform().fanOut.send('settle', ['a'])],
  ['KILOWATCH_PAGE_URL', async () => platform().pageUrl],
])('%s is named at first use', async (name, use) => {
  await expect((async () => use())()).rejects.toThrow(`the environment variable ${name} is not set`)
})

test('a value that cannot be is refused by name', () => {
  process.env.KILOWATCH_STORE = 'mysql'
  expect(chosenStore).toThrow(/KILOWATCH_STORE: .*timestream/)
  expect(() => variable('KILOWATCH_PAGE_URL', { KILOWATCH_PAGE_URL: 'ftp://a' })).toThrow(/KILOWATCH_PAGE_URL: /)
  expect(() => variable('KILOWATCH_STATE_TABLE', { KILOWATCH_STATE_TABLE: '' })).toThrow(/KILOWATCH_STATE_TABLE: /)
  expect(variable('KILOWATCH_ADMIN_CLAIM', {})).toBe('cognito:groups')
})

test.each([
  ['timestream', 'KILOWATCH_TIMESTREAM_DATABASE'],
  ['influxdb', 'KILOWATCH_INFLUX_URL'],
])('both halves of %s name what they miss', (store, missing) => {
  process.env.KILOWATCH_STORE = store
  const says = `the environment variable ${missing} is not set`
  expect(() => chosenStore().readings({ dynamo: new DynamoDBClient(), table: 'state', now: () => 0 })).toThrow(says)
  expect(() => chosenStore().consumption(() => 0)).toThrow(says)
})
