// Prices and bills of the demo province: electricity priced by time of use, one price for each other medium, and
// monthly fuel bills of service buses. All of it is made up and says so; none is a published price.

import { addMonths, type Month, monthOf } from '../../domain/calendar.ts'
import type { Bill } from '../../domain/energy/bill.ts'
import type { Tariff } from '../../domain/energy/tariff.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { createRandom } from '../random.ts'

const SOURCE = '演示价格，非公布价格 (demo figure, not a published price)'
const BILL_MONTHS = 13

export function demoTariffs(subject: string, validFrom: string): Tariff[] {
  const row = { subject, validFrom, source: SOURCE, standIn: true }
  const always = (yuanPerUnit: number) => [{ name: 'flat' as const, fromHour: 0, toHour: 24, yuanPerUnit }]
  return [
    {
      ...row,
      medium: 'electricity',
      periods: [
        { name: 'valley', fromHour: 23, toHour: 7, yuanPerUnit: 0.35 },
        { name: 'flat', fromHour: 7, toHour: 8, yuanPerUnit: 0.65 },
        { name: 'peak', fromHour: 8, toHour: 12, yuanPerUnit: 0.95 },
        { name: 'flat', fromHour: 12, toHour: 17, yuanPerUnit: 0.65 },
        { name: 'peak', fromHour: 17, toHour: 21, yuanPerUnit: 0.95 },
        { name: 'flat', fromHour: 21, toHour: 23, yuanPerUnit: 0.65 },
      ],
    },
    { ...row, medium: 'water', periods: always(5) },
    { ...row, medium: 'heat', periods: always(40) },
    { ...row, medium: 'gas', periods: always(3.5) },
  ]
}

/**
 * Diesel of the service buses of the provincial and municipal offices, for the 13 months before the current one. Not
 * petrol, for which no CO2 factor is known: the demo's CO2 would remain unjudged.
 */
export function demoBills(institutions: readonly Institution[], seed: string | number, startMs: number): Bill[] {
  const offices = institutions.filter(
    ({ type, level }) => type === 'government' && (level === 'provincial' || level === 'municipal'),
  )
  const current = monthOf(startMs)
  const months = Array.from({ length: BILL_MONTHS }, (_, index): Month => addMonths(current, index - BILL_MONTHS))
  return offices.flatMap(({ id }) => {
    const random = createRandom(`${seed}/${id}/bills`)
    return months.map((month): Bill => {
      const quantity = Math.round(random.between(180, 320))
      const costYuan = Math.round(quantity * 9)
      const source = '演示票据：通勤班车柴油 (demo bill: diesel of service buses)'
      return { institution: id, carrier: 'diesel', purpose: 'transport', month, quantity, unit: 'kg', costYuan, source }
    })
  })
}
