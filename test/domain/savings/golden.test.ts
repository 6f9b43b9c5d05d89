// The golden case of ../shared/data/caltrack, computed by the reference package and once more by hand: the daily method
// must give the same model, candidates, days, savings and bands.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { must } from '../../../domain/must.ts'
import { UTC_DAYS } from '../../../domain/savings/day-values.ts'
import { fitMeter } from '../../../domain/savings/fit-meter.ts'
import { dailySettings } from '../../../domain/savings/fit-settings.ts'
import { parseStamp } from '../../../domain/savings/stamp.ts'
import { temperatureDays } from '../../../domain/savings/temperature-days.ts'
import { olsBand } from '../../../domain/savings/uncertainty.ts'
import { predictDay } from '../../../domain/savings/usage-model.ts'
import { daysOfUse } from '../../../domain/savings/use-days.ts'
import { describeShared } from '../../shared.ts'

const DAY_MS = 86_400_000
const dayNumber = (date: string): number => Date.parse(date) / DAY_MS

const rowsOf = (file: string) =>
  gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [stamp = '', value] = line.split(',')
      return { stamp: must(parseStamp(stamp)), amount: Number(value) }
    })

const relative = (got: number, want: number): number => Math.abs(got / want - 1)

describeShared(
  'golden case',
  ['il-electricity-cdd-hdd-daily.csv.gz', 'il-tempF.csv.gz', 'golden.json', 'golden-daily.csv'].map(
    (name) => `data/caltrack/${name}`,
  ),
  (meter = '', weather = '', golden = '', daily = '') => {
    const want = JSON.parse(readFileSync(golden, 'utf8'))
    const cut = daysOfUse(rowsOf(meter), { zeroIsMissing: true })
    if ('detail' in cut) throw new Error(cut.detail)
    const temperature = temperatureDays(
      rowsOf(weather).map(({ stamp, amount }) => ({ atMs: stamp.atMs, temperature: amount })),
      UTC_DAYS,
    )
    const byStatus: Record<string, Record<string, number>> = {}
    const fit = fitMeter(
      { use: cut.days, temperature },
      {
        baselineEndDay: dayNumber('2016-12-26'),
        reporting: { firstDay: dayNumber('2017-01-04'), endDay: dayNumber('2018-01-04') },
      },
      dailySettings('F'),
      ({ kind, status }) => {
        const own = byStatus[kind] ?? {}
        byStatus[kind] = own
        own[status] = (own[status] ?? 0) + 1
      },
    )
    const model = must(fit.model ?? undefined)
    const reporting = must(fit.reporting ?? undefined)
    const statistics = must(fit.statistics ?? undefined)

    test('searches the same candidates, with the same statuses', () => {
      const { count, byTypeAndStatus } = want.candidates
      expect(fit.search?.count).toBe(count)
      const renamed = Object.fromEntries(
        Object.entries(byTypeAndStatus as Record<string, Record<string, number>>).map(([kind, statuses]) => [
          kind,
          Object.fromEntries(
            Object.entries(statuses).map(([status, n]) => [
              { QUALIFIED: 'qualified', DISQUALIFIED: 'disqualified' }[status] ?? 'notAttempted',
              n,
            ]),
          ),
        ]),
      )
      expect(byStatus).toEqual(renamed)
    })

    test('chooses the same model, with the same coefficients', () => {
      expect(model).toMatchObject({
        kind: want.model.type,
        balanceHdd: want.model.heatingBalancePoint,
        balanceCdd: want.model.coolingBalancePoint,
      })
      expect(relative(model.intercept, want.model.intercept)).toBeLessThan(1e-9)
      expect(relative(must(model.betaHdd ?? undefined), want.model.betaHdd)).toBeLessThan(1e-9)
      expect(relative(must(model.betaCdd ?? undefined), want.model.betaCdd)).toBeLessThan(1e-9)
      expect(relative(must(fit.r2Adj ?? undefined), want.fit.r2adj)).toBeLessThan(1e-9)
    })

    test('has the same days, predictions and observations', () => {
      const lines = readFileSync(daily, 'utf8').trim().split('\n').slice(1)
      expect(lines).toHaveLength(730)
      for (const line of lines) {
        const [date = '', , observed, mean, predicted] = line.split(',')
        const index = dayNumber(date)
        expect(cut.days.values[index - cut.days.firstDay]).toBe(Number(observed))
        const degrees = must(temperature.values[index - temperature.firstDay])
        expect(relative(degrees, Number(mean))).toBeLessThan(1e-12)
        expect(relative(predictDay(model, degrees), Number(predicted))).toBeLessThan(1e-9)
      }
    })

    test('has the same savings and the same uncertainty', () => {
      expect(fit.disqualified).toEqual([])
      expect(reporting.masked).toEqual([])
      const { counterfactual, observed, savings, baseLoad, heatingLoad, coolingLoad } = want.savings
      for (const [got, wanted] of [
        [reporting.counterfactual, counterfactual],
        [reporting.observed, observed],
        [reporting.savings, savings],
        [reporting.baseLoad, baseLoad],
        [reporting.heatingLoad, heatingLoad],
        [reporting.coolingLoad, coolingLoad],
        [statistics.rmse, want.fit.rmseAdj],
        [must(statistics.cvRmse ?? undefined), want.fit.cvrmseAdj],
        [statistics.autocorrelation, want.fit.autocorrelationLag1],
        [statistics.independent, want.fit.nPrime],
        [reporting.fsuBand, want.uncertainty.fsuErrorBand],
        [must(reporting.fsu ?? undefined), want.uncertainty.fsu],
      ] as const)
        expect(relative(got, wanted)).toBeLessThan(1e-9)
      const band = olsBand(
        { method: 'daily', baseline: statistics, reporting: reporting.counted.length },
        reporting.observed / reporting.counted.length,
      )
      expect(relative(band.total, want.uncertainty.olsErrorBand)).toBeLessThan(1e-9)
      expect(relative(band.noise, want.uncertainty.olsNoise)).toBeLessThan(1e-9)
    })
  },
)
