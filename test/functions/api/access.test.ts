// The access of an area's institutions (接入率): counted by county, added upwards, and never read institution by
// institution for a request.

import { expect, test } from 'vitest'
import { DAY_MS } from '../../../domain/calendar.ts'
import { type Bill, billSchema } from '../../../domain/energy/bill.ts'
import { accessKey } from '../../../functions/judging/access.ts'
import { apiCall } from '../api-call.ts'
import { AREAS, derive, institution, meter, NOON_MS, openTestPlatform, register } from '../province.ts'

const sized = (id: string, area: string, floorAreaM2: number, more = {}) =>
  institution(id, area, { sizes: [{ validFrom: '2020-01-01', floorAreaM2, energyUsers: 50 }], ...more })
const bill = (institution: string, month: string, more = {}): Bill =>
  billSchema.parse({ institution, carrier: 'electricity', month, quantity: 1000, unit: 'kWh', ...more })

const INSTITUTIONS = [
  sized('read', '130102', 1000),
  sized('billed', '130102', 200),
  sized('neither', '130102', 30),
  institution('sizeless', '130104', { sizes: [{ validFrom: '2027-01-01', floorAreaM2: 700, energyUsers: 50 }] }),
  sized('billedLongAgo', '130104', 400),
  sized('waterAlone', '130104', 600),
  sized('vehicles', '130104', 800),
  sized('offline', '130202', 5000),
  sized('opensLater', '130202', 9000, { openedOn: '2026-07-01' }),
]

async function counted() {
  const platform = await openTestPlatform()
  await register(platform, {
    areas: AREAS,
    institutions: INSTITUTIONS,
    gateways: ['read', 'waterAlone'].map((id) => ({ id: `G-${id}`, institution: id })),
    meters: [
      meter('read-E', 'read'),
      meter('waterAlone-W', 'waterAlone', { medium: 'water', unit: 'm³' }),
      meter('offline-E', 'offline', { kind: 'offline', gateway: undefined }),
    ],
    bills: [
      bill('read', '2026-05'),
      bill('billed', '2025-06'),
      bill('billedLongAgo', '2025-05'),
      bill('vehicles', '2026-05', { carrier: 'petrol', unit: 'kg', purpose: 'transport' }),
      bill('offline', '2026-05', { meter: 'offline-E' }),
    ],
  })
  await derive(platform)
  const access = async (area: string) => (await apiCall(platform, 'GET', `areas/${area}/access`)).body
  return { platform, access }
}

const group = (institutions: number, floorAreaM2: number | null, withoutFloorArea = 0) => ({
  institutions,
  floorAreaM2,
  withoutFloorArea,
})

test('each open institution counts once, with meters, with bills or with neither', async () => {
  const { access } = await counted()
  expect(await access('130102')).toEqual({
    area: '130102',
    asOfMs: NOON_MS,
    access: { metered: group(1, 1000), billed: group(1, 200), neither: group(1, 30) },
    children: [],
  })
  // An old bill, a water meter and the fuel of vehicles say nothing of a building's energy.
  expect((await access('130104')).access).toEqual({
    metered: group(0, 0),
    billed: group(0, 0),
    neither: group(4, 1800, 1),
  })
  expect((await access('130202')).access).toEqual({
    metered: group(0, 0),
    billed: group(1, 5000),
    neither: group(0, 0),
  })
})

test('a city and a province are the sums of their counties', async () => {
  const { platform, access } = await counted()
  const province = await access('130000')
  expect(province.access).toEqual({ metered: group(1, 1000), billed: group(2, 5200), neither: group(5, 1830, 1) })
  expect(province.children.map(({ code }: { code: string }) => code)).toEqual(['130100', '130200'])
  expect(province.children[1].access.billed).toEqual(group(1, 5000))
  // A county that is not counted yet leaves the sum unknown, not smaller.
  await platform.state.delete([accessKey('130202')])
  expect(await access('130000')).toMatchObject({ access: null, children: [{ access: {} }, { access: null }] })
})

test('a new bill counts after the next assessment, and an opening on its day', async () => {
  const { platform, access } = await counted()
  await register(platform, { bills: [bill('neither', '2026-05')] })
  await derive(platform)
  expect((await access('130102')).access).toMatchObject({ billed: group(2, 230), neither: group(0, 0) })
  platform.clock.nowMs += 20 * DAY_MS
  await derive(platform)
  expect((await access('130202')).access.neither).toEqual(group(1, 9000))
})

test('where no floor area is registered, none is stated', async () => {
  const platform = await openTestPlatform()
  await register(platform, { areas: AREAS, institutions: INSTITUTIONS.filter(({ id }) => id === 'sizeless') })
  await derive(platform)
  const { body } = await apiCall(platform, 'GET', 'areas/130104/access')
  expect(body.access.neither).toEqual(group(1, null, 1))
})
