// Which limits hold for a subject when users have set some, near and far.

import { describe, expect, test } from 'vitest'
import { type AlertThreshold, alertThresholdSchema, resolveLimits } from '../../../domain/alert/threshold.ts'

const chain = ['W1', '130102-0007', '130102', '130100', '130000']
const set = (subject: string, stated: Partial<AlertThreshold>): AlertThreshold => ({
  subject,
  kind: 'nightFlowLeak',
  ...stated,
})
const resolve = (...thresholds: AlertThreshold[]) => resolveLimits('nightFlowLeak', { chain }, thresholds)

describe('limits', () => {
  test('the default where nobody said anything', () => {
    expect(resolve()).toMatchObject({
      enabled: true,
      raise: 100,
      clear: 80,
      parameters: { nights: 3, floorM3PerHour: 0.1 },
    })
  })

  test('the nearest statement wins, field by field', () => {
    const province = set('130000', { raise: 150, clear: 120, parameters: { nights: 5 }, escalateAfterMinutes: 60 })
    const county = set('130102', { parameters: { nights: 4, floorM3PerHour: 0.3 } })
    const meter = set('W1', { raise: 200, clear: 190 })
    const limits = resolve(meter, province, county)
    expect(limits).toMatchObject({ raise: 200, clear: 190, escalateAfterMinutes: 60 })
    expect(limits.parameters).toMatchObject({ nights: 4, floorM3PerHour: 0.3, ratio: 1.5 })
  })

  test('a subject can be left in peace, and be the only one that is watched', () => {
    expect(resolve(set('130000', { enabled: false })).enabled).toBe(false)
    expect(resolve(set('130000', { enabled: false }), set('W1', { enabled: true })).enabled).toBe(true)
  })

  test('never to escalate is a statement too', () => {
    expect(resolve(set('W1', { escalateAfterMinutes: null })).escalateAfterMinutes).toBeNull()
  })

  test('what is said of others has no say', () => {
    expect(
      resolve(set('W2', { raise: 1, clear: 0 }), { ...set('W1', {}), kind: 'meterSilent', raise: 1, clear: 0 }),
    ).toEqual(resolve())
  })
})

describe('a threshold that is refused names the field', () => {
  const rows = [
    { name: 'raise alone', stated: { raise: 5 }, path: 'clear' },
    { name: 'clear above raise', stated: { raise: 5, clear: 6 }, path: 'clear' },
    { name: 'an unknown parameter', stated: { parameters: { moon: 1 } }, path: 'parameters.moon' },
    { name: 'an unknown kind', stated: { kind: 'flood' }, path: 'kind' },
    { name: 'minutes below zero', stated: { raiseAfterMinutes: -1 }, path: 'raiseAfterMinutes' },
  ]
  test.each(rows)('$name', ({ stated, path }) => {
    const result = alertThresholdSchema.safeParse({ subject: 'W1', kind: 'nightFlowLeak', ...stated })
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})
