// Who should have a contract: institutions above a value of their quota, and what the next better rating saves.

import { expect, test } from 'vitest'
import { contractCandidateOf } from '../../domain/contract/candidate.ts'
import type { QuotaStatus } from '../../domain/judge/result.ts'
import { apiCall, rawApiCall } from './api-call.ts'
import { builtYear, END, hourly, sendAll } from './contract-year.ts'
import { derive, INSTITUTIONS, meter } from './province.ts'

test('lists an institution above its constraint with kWh, yuan and tCO2 to the next rating', async () => {
  const platform = await builtYear()
  const quota = {
    ...{ validFrom: '2020-01-01', standard: 'T', source: 'test', standIn: true },
    ...{ indicator: 'energyPerCapita', type: 'government', constraint: 400, benchmark: 300, guide: 200 },
  }
  const tariff = {
    subject: '130000',
    medium: 'electricity',
    validFrom: '2020-01-01',
    periods: [{ name: 'flat', fromHour: 0, toHour: 24, yuanPerUnit: 0.5 }],
  }
  await apiCall(platform, 'PUT', 'registry', { quotas: [quota], tariffs: [tariff] })
  await derive(platform)
  const { status, body } = await apiCall(platform, 'GET', 'areas/130000/contract-candidates?above=constraint')
  expect([status, body.detail]).toEqual([200, undefined])
  const [row] = body.items
  expect(row).toMatchObject({
    institution: 'A',
    indicator: 'energyPerCapita',
    rating: 'rectify',
    limit: 400,
    standIn: true,
  })
  expect(row.savingKgce).toBeCloseTo((row.actual - 400) * 50, 6)
  expect(row.savingKwh).toBeGreaterThan(0)
  expect(row.savingYuan).toBeCloseTo(row.savingKwh * 0.5, 6)
  expect(row.savingTco2).toBeGreaterThan(0)
  const path = 'areas/130000/contract-candidates?tceMin=500'
  expect((await apiCall(platform, 'GET', path)).body.items).toEqual([])
  const csv = await rawApiCall({ platform, headers: { accept: 'text/csv' } }, 'GET', 'areas/130000/contract-candidates')
  expect(csv.body).toContain('institution,name,')
})

test('a page is full of those that match, also where the first in the list do not', async () => {
  const platform = await builtYear({
    meters: [meter('A-E', 'A'), meter('B-E', 'B')],
    institutions: INSTITUTIONS.slice(0, 2),
  })
  const quota = {
    ...{ validFrom: '2020-01-01', standard: 'T', source: 'test', standIn: true },
    ...{ indicator: 'energyPerCapita', constraint: 40, benchmark: 30, guide: 20 },
  }
  const quotas = ['government', 'education'].map((type) => ({ ...quota, type }))
  await apiCall(platform, 'PUT', 'registry', { quotas })
  await sendAll(
    platform,
    hourly('B-E', [END - 366, END], () => 3000),
    'G-B',
  )
  await derive(platform)
  const ask = async (query: string) =>
    (await apiCall(platform, 'GET', `areas/130000/contract-candidates?limit=1&${query}`)).body
  const first = await ask('')
  expect([first.items[0].institution, first.next, first.institutions]).toEqual(['A', 'A', 2])
  const second = await ask(`cursor=${first.next}`)
  expect([second.items[0].institution, second.next]).toEqual(['B', null])
  const large = await ask('tceMin=100')
  expect([large.items[0]?.institution, large.next]).toEqual(['B', null])
  expect((await ask('cursor=Z')).field).toBe('cursor')
})

test('a dated threshold makes a candidate of an institution with a good rating', async () => {
  const platform = await builtYear()
  const quota = {
    ...{ validFrom: '2020-01-01', standard: 'T', source: 'test', standIn: true },
    ...{ indicator: 'energyPerCapita', type: 'government', constraint: 9000, benchmark: 8000, guide: 1 },
  }
  const rule = { area: '130000', thresholdTce: 10, source: '省局〔2025〕1号' }
  const ask = async (query = '') =>
    (await apiCall(platform, 'GET', `areas/130000/contract-candidates?${query}`)).body.items
  await apiCall(platform, 'PUT', 'registry', {
    quotas: [quota],
    keyEnergyUsers: [{ ...rule, validFrom: '2027-01-01' }],
  })
  await derive(platform)
  expect(await ask()).toEqual([])
  await apiCall(platform, 'PUT', 'registry', { keyEnergyUsers: [{ ...rule, validFrom: '2025-01-01' }] })
  await derive(platform)
  const [row] = await ask()
  const threshold = { tce: 10, validFrom: '2025-01-01', source: '省局〔2025〕1号' }
  expect(row).toMatchObject({ institution: 'A', rating: 'reasonable', limit: 1, threshold })
  expect(row.energyTce).toBeGreaterThan(10)
  expect(row.savingKwh).toBeGreaterThan(0)
  expect(await ask('tceMin=1000')).toEqual([])
  await apiCall(platform, 'PUT', 'registry', { quotas: [{ ...quota, guide: 7000 }] })
  await derive(platform)
  expect(await ask()).toMatchObject([{ institution: 'A', indicator: null, rating: null, savingKwh: null, threshold }])
})

test('water is in m³, and a good rating is no candidate', () => {
  const status: QuotaStatus = {
    indicator: 'waterPerCapita',
    ...{ unit: 'm³/person', actual: 30, knownShare: 1, knownPart: 30, reason: null, provisional: false },
    rating: 'compliant',
    ...{ constraint: 40, benchmark: 25, guide: 15, toNextRating: 5 },
    ...{ standard: null, standIn: false, coefficientSet: null },
  }
  const size = { floorAreaM2: 1000, heatedAreaM2: null, specialAreaM2: null, energyUsers: 50 }
  const per = { kgce: 0.1229, kgCo2: 0.5, yuan: null }
  expect(contractCandidateOf(status, size, per)).toMatchObject({ savingM3: 250, savingKwh: null, limit: 25 })
  expect(contractCandidateOf({ ...status, rating: 'advanced', toNextRating: null }, size, per)).toBeUndefined()
})
