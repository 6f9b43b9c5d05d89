// Why closed months changed: each kind of cause, told of the institution and, by name, of every area above it.

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../domain/calendar.ts'
import type { Cause } from '../../../domain/judge/revision-cause.ts'
import { SHIPPED_TABLES } from '../../../domain/standards/tables.ts'
import type { Revision } from '../../../functions/judging/revision.ts'
import { readYear, storedYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'
import type { Platform } from '../../../functions/platform.ts'
import { rebuild } from '../../../functions/rebuild.ts'
import type { RegistryPart } from '../../../functions/registry/import.ts'
import { addDirtyMonths } from '../../../functions/state/dirty.ts'
import { apiCall } from '../api-call.ts'
import { derive, institution, meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from '../province.ts'

/** In May 2026, which is closed at NOON_MS. */
const MAY_MS = NOON_MS - 30 * DAY_MS
const at = (hour: number): number => MAY_MS + hour * HOUR_MS

/**
 * A-E has counted 1 kWh an hour for ten hours of May, but the fourth reading is a spike; the month is judged and
 * closed.
 */
async function closed() {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('A-E', 'A')]))
  const readings = Array.from({ length: 10 }, (_, n) => ({ meter: 'A-E', at: at(n), value: n === 3 ? 5_000 : 100 + n }))
  await send(platform, 'G-A', readings)
  await derive(platform)
  expect(await revisions(platform)).toEqual([])
  return platform
}
type View = Revision & { cause: string | null; causes: Cause[] }
const revisions = async (platform: Platform, subject = 'institutions/A'): Promise<View[]> =>
  (await apiCall(platform, 'GET', `${subject}/revisions`)).body.items
const causes = async (platform: Platform, subject?: string): Promise<Cause[][]> =>
  (await revisions(platform, subject)).map((one) => one.causes)
const kwh = async (platform: Platform) =>
  (await revisions(platform)).map(({ before, after }) => [before.electricityKwh, after.electricityKwh])

test('late readings, corrected ones, and both in one', async () => {
  const platform = await closed()
  await send(platform, 'G-A', [{ meter: 'A-E', at: at(12), value: 115 }])
  await derive(platform)
  await send(platform, 'G-A', [{ meter: 'A-E', at: at(12), value: 112 }])
  await derive(platform)
  await send(platform, 'G-A', [
    { meter: 'A-E', at: at(0), value: 100 },
    { meter: 'A-E', at: at(12), value: 113 },
    { meter: 'A-E', at: at(14), value: 116 },
    { meter: 'A-E', at: at(15), value: 117 },
  ])
  await derive(platform)
  const late = { kind: 'lateReadings', meter: 'A-E', count: 1 }
  const corrected = { kind: 'correctedReadings', meter: 'A-E', count: 1 }
  expect(await causes(platform)).toEqual([[late], [corrected], [{ ...late, count: 2 }, corrected]])
  expect(await kwh(platform)).toEqual([
    [9, 15],
    [15, 12],
    [12, 17],
  ])
})

test('a repair file by its name and who sent it, apart from readings that came late beside it', async () => {
  const platform = await closed()
  const rows = [
    { meter: 'A-E', at: at(9), value: 110 },
    { meter: 'A-E', at: at(8), remove: true },
  ]
  const { body } = await apiCall(platform, 'POST', 'repairs', { file: '五月.csv', who: '李', rows })
  await send(platform, 'G-A', [{ meter: 'A-E', at: at(11), value: 114 }])
  await derive(platform)
  expect(await causes(platform)).toEqual([
    [
      { kind: 'lateReadings', meter: 'A-E', count: 1 },
      { kind: 'repair', meter: 'A-E', count: 2, repair: body.id, file: '五月.csv', who: '李' },
    ],
  ])
})

test('a review and its undoing, by whom', async () => {
  const platform = await closed()
  const event = `spike:${at(3)}`
  for (const [action, who] of [
    ['undo', '王'],
    ['accept', '赵'],
  ]) {
    await apiCall(platform, 'POST', `meters/A-E/events/${event}/${action}`, { who })
    await derive(platform)
  }
  const review = { kind: 'review', meter: 'A-E', event, atMs: NOON_MS }
  expect(await causes(platform)).toEqual([
    [{ ...review, state: 'undone', who: '王' }],
    [{ ...review, state: 'accepted', who: '赵' }],
  ])
})

test('what was registered: a meter, a floor area, a coefficient, a bill', async () => {
  const platform = await closed()
  const imported = async (part: RegistryPart): Promise<void> => {
    await register(platform, part)
    await derive(platform)
  }
  const sizes = [{ validFrom: '2020-01-01', floorAreaM2: 1_200 }]
  const factor = { ...SHIPPED_TABLES.co2Factors[0], area: '130102', areaName: '长安区', validTo: undefined, value: 0.4 }
  await imported({ meters: [meter('A-E', 'A', { multiplier: 40 })] })
  await imported({ institutions: [institution('A', '130102', { sizes })] })
  await imported({ co2Factors: [{ ...factor, validFrom: '2020-01-01' }] })
  await imported({ bills: [{ institution: 'A', carrier: 'gas', month: '2026-05', quantity: 120, unit: 'm³' }] })
  await imported({ meters: [meter('A-E', 'A', { multiplier: 40, role: 'exclude' })] })
  expect(await causes(platform)).toEqual([
    [{ kind: 'meterProfile', meter: 'A-E', change: 'changed' }],
    [{ kind: 'registry', parts: ['sizes'] }],
    [{ kind: 'standards' }],
    [{ kind: 'bill', carriers: ['gas'] }],
    [{ kind: 'registry', parts: ['meters'] }],
  ])
  expect((await revisions(platform))[3].cause).toBe('bills: gas')
})

test('a rebuild by which a closed month comes out otherwise; and nothing where nothing is known', async () => {
  const platform = await closed()
  const tamper = async (electricityKwh: number): Promise<void> => {
    const key = subjectYearKey('A', '2026')
    const months = (await readYear(platform.state, key)) ?? {}
    const tampered = { ...months, '2026-05': { ...months['2026-05'], electricityKwh } }
    await platform.state.put([{ key, value: storedYear(Object.values(tampered)) }])
  }
  await tamper(1)
  expect(await rebuild(platform, () => platform.consumption.clear())).toMatchObject({ failed: [] })
  await tamper(2)
  await addDirtyMonths(platform.state, '130102', new Map([['A', ['2026-05']]]))
  await derive(platform)
  expect(await causes(platform)).toEqual([[{ kind: 'rebuild' }], []])
  expect(await revisions(platform)).toMatchObject([{ cause: 'rebuild' }, { cause: null }])
  expect(await kwh(platform)).toEqual([
    [1, 9],
    [2, 9],
  ])
  await rebuild(platform, () => platform.consumption.clear())
  expect((await revisions(platform)).length).toBe(2)
})

test('areas name what changed below them, up to the province, and who came', async () => {
  const platform = await closed()
  await send(platform, 'G-A', [{ meter: 'A-E', at: at(12), value: 115 }])
  await derive(platform)
  const below = (subject: string) => [{ kind: 'below', subject, revision: 1 }]
  expect(await causes(platform, 'areas/130102')).toEqual([below('A')])
  expect(await causes(platform, 'areas/130100')).toEqual([below('130102')])
  expect(await causes(platform, 'areas/130000')).toEqual([below('130100')])
  await register(platform, {
    institutions: [institution('Z', '130102')],
    gateways: [{ id: 'G-Z', institution: 'Z' }],
    meters: [meter('Z-E', 'Z')],
  })
  await derive(platform)
  await send(platform, 'G-Z', [
    { meter: 'Z-E', at: at(0), value: 1 },
    { meter: 'Z-E', at: at(5), value: 4 },
  ])
  await derive(platform)
  expect((await causes(platform, 'areas/130102')).at(-1)).toEqual([{ kind: 'below', subject: 'Z', revision: null }])
  expect((await causes(platform, 'areas/130100')).at(-1)).toEqual([{ kind: 'below', subject: '130102', revision: 3 }])
  // Z moves to another county: the old one loses it, the new one has it.
  await register(platform, { institutions: [institution('Z', '130104')] })
  await derive(platform)
  await derive(platform)
  const moved = (change: string) => ({ kind: 'institution', institution: 'Z', change })
  expect((await causes(platform, 'areas/130102')).at(-1)).toEqual([moved('left')])
})
