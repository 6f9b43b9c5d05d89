// A replay in another order, doubled, or a second time prints the same bytes. Minutes of work: `npm run campaign`.

import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import { clientOf } from '../../local/command/client.ts'
import { testInCampaign } from '../campaign.ts'
import { describeShared } from '../shared.ts'
import { BDG2_FILES, readTruth, relativeError } from './bdg2.ts'
import { startHostProcess, temporaryFolder } from './host-process.ts'
import { hoursAround2000, kilowatch, REPLAY_MS_MAX, type Run, withoutSeconds } from './replay-run.ts'

describeShared('the replay of 36 real buildings', BDG2_FILES, (readings, buildings, totals) => {
  const truths = readTruth(totals)
  const replay = (...more: string[]) =>
    kilowatch('replay', '--readings', readings, '--buildings', buildings, '--json', ...more)
  let plain: Run

  beforeAll(async () => {
    plain = await replay()
    if (plain.code !== 0) throw new Error(`the replay failed: ${plain.stderr}`)
  }, REPLAY_MS_MAX)

  testInCampaign(
    'prints the same bytes when readings and messages are shuffled and every message is sent twice',
    async () => {
      const mixed = await replay('--shuffle', 'acceptance', '--duplicate')
      expect(mixed.stderr).not.toContain('Error')
      expect(withoutSeconds(mixed.stdout)).toBe(withoutSeconds(plain.stdout))
    },
    REPLAY_MS_MAX,
  )

  testInCampaign(
    'prints the same bytes when it is sent twice to one running host, which then has the truth of every month',
    async () => {
      const data = join(temporaryFolder(), 'data')
      const host = await startHostProcess(data, 0)
      const first = await replay('--url', host.mqttUrl, '--data', data)
      const second = await replay('--url', host.mqttUrl, '--data', data)
      expect(withoutSeconds(first.stdout)).toBe(withoutSeconds(plain.stdout))
      expect(withoutSeconds(second.stdout)).toBe(withoutSeconds(plain.stdout))
      const client = clientOf(host)
      const wrong: string[] = []
      for (const { id, kwhByMonth } of truths) {
        const query = 'from=2016-01-01T00:00:00%2B08:00&to=2018-01-01T00:00:00%2B08:00&grain=month'
        const { points } = await client.get<{ points: { value: number | null }[] }>(`meters/${id}-E/series?${query}`)
        for (const [index, [month, kwh]] of Object.entries(kwhByMonth).entries()) {
          if (!(relativeError(points[index].value ?? 0, kwh) <= 1e-9)) wrong.push(`${id} ${month}`)
        }
      }
      expect(wrong).toEqual([])
    },
    2 * REPLAY_MS_MAX,
  )
})

testInCampaign(
  'readings from before 2000 are rejected and counted the same however they are sent',
  async () => {
    const { args } = hoursAround2000(temporaryFolder())
    const [plain, mixed] = [
      await kilowatch('replay', ...args),
      await kilowatch('replay', ...args, '--shuffle', 'x', '--duplicate'),
    ]
    expect(plain.code).toBe(0)
    expect(withoutSeconds(mixed.stdout)).toBe(withoutSeconds(plain.stdout))
  },
  REPLAY_MS_MAX,
)
