// A small province on the platform of one machine, for tests of the handlers: two cities, three counties, four
// institutions, a clock that a test sets, and ways to look at all that was derived, to cut a handler off and to watch
// it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { dayOf } from '../../domain/calendar.ts'
import { type Institution, institutionSchema, type Meter, meterSchema } from '../../domain/registry/records.ts'
import { assess } from '../../functions/assess.ts'
import { ingest } from '../../functions/ingest.ts'
import { docKey, type MqttBatchResult, type Platform } from '../../functions/platform.ts'
import { importRegistry, type RegistryPart } from '../../functions/registry/import.ts'
import { rollup } from '../../functions/rollup.ts'
import { settle } from '../../functions/settle.ts'
import { openPlatform } from '../../local/platform.ts'

/** Noon of 2026-06-15 in UTC+8, unless a test says otherwise. */
export const NOON_MS = Date.UTC(2026, 5, 15, 4)

/** All days that tests put readings in: 2023 to the middle of 2027. */
export const TEST_DAYS = [dayOf(Date.UTC(2023, 0, 1)), dayOf(Date.UTC(2027, 6, 1))] as const

export interface TestPlatform extends Platform {
  clock: { nowMs: number }
  folder: string
  close(): Promise<void>
}

/**
 * A platform in a folder of its own, or in one that is given; closed and removed with the test, or when `atEnd` says.
 */
export async function openTestPlatform(
  folder = mkdtempSync(join(tmpdir(), 'kilowatch-functions-')),
  atEnd: (remove: () => Promise<void>) => void = onTestFinished,
) {
  const clock = { nowMs: NOON_MS }
  const platform = await openPlatform(folder, () => clock.nowMs)
  let open = true
  const close = async (): Promise<void> => {
    if (open) await platform.close()
    open = false
  }
  atEnd(async () => {
    await close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { ...platform, clock, folder, close } satisfies TestPlatform
}

export const institution = (id: string, area: string, more: Partial<Institution> = {}): Institution =>
  institutionSchema.parse({
    id,
    name: `${id} 机构`,
    area,
    type: 'government',
    sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, energyUsers: 50 }],
    ...more,
  })

/** A meter of an institution, at its gateway `G-<institution>`. */
export const meter = (id: string, institutionId: string, more: Partial<Meter> = {}): Meter =>
  meterSchema.parse({
    id,
    institution: institutionId,
    gateway: `G-${institutionId}`,
    medium: 'electricity',
    unit: 'kWh',
    intervalMinutes: 60,
    ...more,
  })

export const AREAS: RegistryPart['areas'] = [
  { code: '130000', name: '河北省', nameEn: 'Hebei', level: 'province' },
  { code: '130100', name: '石家庄市', level: 'city', parent: '130000' },
  { code: '130200', name: '唐山市', level: 'city', parent: '130000' },
  { code: '130102', name: '长安区', level: 'county', parent: '130100' },
  { code: '130104', name: '桥西区', level: 'county', parent: '130100' },
  { code: '130202', name: '路南区', level: 'county', parent: '130200' },
]
export const INSTITUTIONS = [
  institution('A', '130102'),
  institution('B', '130102', { type: 'education' }),
  institution('C', '130104'),
  institution('D', '130202'),
]
const gatewaysOf = (institutions: readonly { id: string }[]) =>
  institutions.map(({ id }) => ({ id: `G-${id}`, institution: id }))

/** Every institution with an electricity meter `<id>-E` and a water meter `<id>-W`. */
export const PROVINCE: RegistryPart = {
  areas: AREAS,
  institutions: INSTITUTIONS,
  gateways: gatewaysOf(INSTITUTIONS),
  meters: INSTITUTIONS.flatMap(({ id }) => [
    meter(`${id}-E`, id),
    meter(`${id}-W`, id, { medium: 'water', unit: 'm³' }),
  ]),
}

/** One institution `A` in county 130102 with the meters given. */
export const oneInstitution = (meters: readonly Meter[]): RegistryPart => ({
  areas: AREAS,
  institutions: [INSTITUTIONS[0]],
  gateways: gatewaysOf([INSTITUTIONS[0]]),
  meters,
})

/** Imports records; fails the test when one is refused. */
export async function register(platform: Platform, part: RegistryPart): Promise<void> {
  const { problems } = await importRegistry(platform.state, part)
  expect(problems).toEqual([])
}

export type WireReading = { meter: string; at: number | string; value: unknown; unit?: string; quality?: string }

/** One message of a gateway through a fresh ingest handler. */
export function send(
  platform: Platform,
  gateway: string,
  readings: readonly WireReading[],
  receivedMs = platform.now(),
): Promise<MqttBatchResult> {
  const payload = JSON.stringify({ v: 1, readings })
  return ingest(platform)({ messages: [{ id: `m${receivedMs}`, gateway, payload, receivedMs }] })
}

/** The steps behind ingest, each once over everything; fails the test when a shard fails. */
export async function derive(platform: Platform): Promise<void> {
  for (const step of [settle, assess, rollup]) expect(await step(platform)({ shards: [] })).toEqual({ failed: [] })
}

/** Every state document by key, without what a rerun may count differently: versions. */
export async function documents(platform: Pick<Platform, 'state'>, prefix = ''): Promise<Record<string, unknown>> {
  const docs = await platform.state.query(docKey(prefix))
  return Object.fromEntries(docs.map(({ key, value }) => [key, value]))
}

/** What stands of meters, byte for byte: by `meter day`, the 24 amounts and flags in hexadecimal and the events. */
export async function consumptionBytes(
  { consumption }: Pick<Platform, 'consumption'>,
  meters: readonly string[],
  [fromDay, toDay]: readonly [number, number] = TEST_DAYS,
): Promise<Record<string, string>> {
  const days = await consumption.get(meters, fromDay, toDay)
  return Object.fromEntries(
    days.map(({ meter: id, day, amounts, flags, events }) => [
      `${id} ${day}`,
      `${hex(amounts)} ${hex(flags)} ${JSON.stringify(events)}`,
    ]),
  )
}
const hex = ({ buffer, byteOffset, byteLength }: Float64Array | Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('hex')

/**
 * A platform that counts the calls to its ports and dies at the n-th, before it has its effect: that and every later
 * call throws. Dying after a call is dying before the next one.
 */
export function dyingPlatform(platform: Platform, diesAt = Number.POSITIVE_INFINITY): Platform & { calls(): number } {
  let calls = 0
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...args: unknown[]) => {
          calls++
          if (calls >= diesAt) throw new Error('the process was killed')
          return method.apply(target, args)
        }
      },
    })
  return {
    readings: wrap(platform.readings),
    consumption: wrap(platform.consumption),
    state: wrap(platform.state),
    objects: wrap(platform.objects),
    fanOut: wrap(platform.fanOut),
    devices: wrap(platform.devices),
    notify: wrap(platform.notify),
    now: platform.now,
    calls: () => calls,
  }
}
