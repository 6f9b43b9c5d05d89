// What is an instant on the wire: RFC 3339 with an offset, every field in its range; anything else is none.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseInstant } from '../../domain/instant.ts'

describe('parseInstant', () => {
  it.each([
    { text: '1970-01-01T00:00:00Z', want: 0 },
    { text: '2026-11-23T10:15:00+08:00', want: Date.UTC(2026, 10, 23, 2, 15) },
    { text: '2026-11-23T10:15:00.5-05:30', want: Date.UTC(2026, 10, 23, 15, 45, 0, 500) },
    { text: '2026-11-23T10:15:00.123456789Z', want: Date.UTC(2026, 10, 23, 10, 15, 0, 123) },
    { text: '2026-11-23T10:15:00.07Z', want: Date.UTC(2026, 10, 23, 10, 15, 0, 70) },
    { text: '2000-02-29T23:59:59Z', want: Date.UTC(2000, 1, 29, 23, 59, 59) },
    { text: '2024-02-29T00:00:00+08:00', want: Date.UTC(2024, 1, 28, 16) },
    { text: '0000-01-01T00:00:00Z', want: -62167219200000 },
    { text: '9999-12-31T23:59:59.999Z', want: 253402300799999 },
    { text: '2100-02-29T00:00:00Z', want: undefined },
    { text: '2026-02-30T00:00:00Z', want: undefined },
    { text: '2026-02-29T00:00:00Z', want: undefined },
    { text: '2026-04-31T00:00:00Z', want: undefined },
    { text: '2026-00-10T00:00:00Z', want: undefined },
    { text: '2026-13-10T00:00:00Z', want: undefined },
    { text: '2026-01-00T00:00:00Z', want: undefined },
    { text: '2026-01-01T24:00:00Z', want: undefined },
    { text: '2026-01-01T23:60:00Z', want: undefined },
    { text: '2016-12-31T23:59:60Z', want: undefined },
    { text: '2026-01-01T00:00:00', want: undefined },
    { text: '2026-01-01T00:00Z', want: undefined },
    { text: '2026-01-01 00:00:00Z', want: undefined },
    { text: '2026-01-01t00:00:00z', want: undefined },
    { text: '2026-01-01T00:00:00.Z', want: undefined },
    { text: '2026-01-01T00:00:00.1234567890Z', want: undefined },
    { text: '2026-01-01T00:00:00+24:00', want: undefined },
    { text: '2026-01-01T00:00:00+08:60', want: undefined },
    { text: '2026-01-01T00:00:00+0800', want: undefined },
    { text: '2026-01-01T00:00:00+08', want: undefined },
    { text: '2026-01-01T00:00:00Z ', want: undefined },
    { text: ' 2026-01-01T00:00:00Z', want: undefined },
    { text: '2026-01-01', want: undefined },
    { text: '２０２６-01-01T00:00:00Z', want: undefined },
    { text: '', want: undefined },
  ])('reads "$text" as $want', ({ text, want }) => {
    expect(parseInstant(text)).toBe(want)
  })

  it('reads every day of 1600 to 2400 as Date does', () => {
    for (let ms = Date.UTC(1600, 0, 1); ms < Date.UTC(2400, 0, 1); ms += 86_400_000)
      if (parseInstant(new Date(ms).toISOString()) !== ms) expect.fail(new Date(ms).toISOString())
  })

  it('accepts what RFC 3339 accepts, and nothing else, however a good text is mutated', () => {
    const schema = z.iso.datetime({ offset: true })
    const digit = fc.constantFrom(...'0123456789', '-', ':', 'T', 'Z', '+', '.', ' ', 'é')
    const good = fc
      .tuple(
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        fc.constantFrom('Z', '+08:00', '-05:30'),
      )
      .map(([date, zone]) => date.toISOString().replace('Z', zone))
    const mutated = fc
      .tuple(good, fc.array(fc.tuple(fc.nat(30), digit, fc.nat(2)), { maxLength: 3 }))
      .map(([text, edits]) =>
        edits.reduce((edited, [at, char, cut]) => edited.slice(0, at) + char + edited.slice(at + cut), text),
      )
      .filter((text) => !/\.\d{10}/.test(text))
    fc.assert(
      fc.property(mutated, (text) => {
        const isGood = schema.safeParse(text).success
        expect(parseInstant(text) !== undefined).toBe(isGood)
        if (isGood) expect(parseInstant(text)).toBe(Date.parse(text))
      }),
      { numRuns: 3_000 },
    )
  })
})
