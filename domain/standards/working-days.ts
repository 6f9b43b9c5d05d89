// Knows the working days (docs/rules/alerts.md#working-days): Monday to Friday, except the days that the State Council
// moves each year. The published days of some years are shipped; imported days (calendar.csv) are laid over them.

import * as z from 'zod'
import { DAY_MS, dayLabel, dayStartMs, yearOf } from '../calendar.ts'
import { localDate } from '../registry/records.ts'

/** A day that differs from Monday to Friday: a holiday on a weekday, or a working day at a weekend (调休). */
export const calendarDaySchema = z.object({
  date: localDate,
  kind: z.enum(['workday', 'holiday']),
  name: z.string().optional(),
  source: z.string().optional(),
})
export type CalendarDay = z.infer<typeof calendarDaySchema>

export interface WorkingDays {
  /** `day`: by number (domain/calendar.ts). */
  isWorkday(day: number): boolean
  /** False when no holiday of the year is known: then each Monday to Friday counts as a working day. */
  knows(year: number): boolean
}

/** Days given twice: the last one holds. */
export function workingDays(imported: readonly CalendarDay[]): WorkingDays {
  const kinds = new Map(daysInForce(imported).map(({ date, kind }) => [dayNumber(date), kind]))
  const years = new Set([...kinds].flatMap(([day, kind]) => (kind === 'holiday' ? [yearOf(dayStartMs(day))] : [])))
  return {
    isWorkday: (day) => (kinds.has(day) ? kinds.get(day) === 'workday' : isWeekday(day)),
    knows: (year) => years.has(year),
  }
}

/** The shipped days and the imported ones, by date. An imported day takes the place of the shipped one of its date. */
export const daysInForce = (imported: readonly CalendarDay[]): CalendarDay[] =>
  [...new Map([...SHIPPED_DAYS, ...imported].map((row) => [row.date, row])).values()].sort((a, b) =>
    a.date.localeCompare(b.date),
  )

const DAYS_PER_WEEK = 7
/** 1970-01-01, day 0, was a Thursday. */
export const isWeekday = (day: number): boolean => (((day + 3) % DAYS_PER_WEEK) + DAYS_PER_WEEK) % DAYS_PER_WEEK < 5

const dayNumber = (date: string): number => Date.parse(date) / DAY_MS

interface Notice {
  year: number
  source: string
  /** The first and the last day off of each holiday, and the days worked for it: `MM-DD`. */
  holidays: readonly (readonly [name: string, from: string, to: string, ...worked: string[]])[]
}

/** Source: docs/rules/alerts.md#published-days */
const NOTICES: readonly Notice[] = [
  {
    year: 2024,
    source: '国务院办公厅关于2024年部分节假日安排的通知（国办发明电〔2023〕7号）',
    holidays: [
      ['元旦', '01-01', '01-01'],
      ['春节', '02-10', '02-17', '02-04', '02-18'],
      ['清明节', '04-04', '04-06', '04-07'],
      ['劳动节', '05-01', '05-05', '04-28', '05-11'],
      ['端午节', '06-10', '06-10'],
      ['中秋节', '09-15', '09-17', '09-14'],
      ['国庆节', '10-01', '10-07', '09-29', '10-12'],
    ],
  },
  {
    year: 2025,
    source: '国务院办公厅关于2025年部分节假日安排的通知（国办发明电〔2024〕12号）',
    holidays: [
      ['元旦', '01-01', '01-01'],
      ['春节', '01-28', '02-04', '01-26', '02-08'],
      ['清明节', '04-04', '04-06'],
      ['劳动节', '05-01', '05-05', '04-27'],
      ['端午节', '05-31', '06-02'],
      ['国庆节、中秋节', '10-01', '10-08', '09-28', '10-11'],
    ],
  },
  {
    year: 2026,
    source: '国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）',
    holidays: [
      ['元旦', '01-01', '01-03', '01-04'],
      ['春节', '02-15', '02-23', '02-14', '02-28'],
      ['清明节', '04-04', '04-06'],
      ['劳动节', '05-01', '05-05', '05-09'],
      ['端午节', '06-19', '06-21'],
      ['中秋节', '09-25', '09-27'],
      ['国庆节', '10-01', '10-07', '09-20', '10-10'],
    ],
  },
]

const SHIPPED_DAYS: readonly CalendarDay[] = NOTICES.flatMap(({ year, source, holidays }) =>
  holidays.flatMap(([name, from, to, ...worked]): CalendarDay[] => {
    const [first, last] = [dayNumber(`${year}-${from}`), dayNumber(`${year}-${to}`)]
    const off = Array.from({ length: last - first + 1 }, (_, n) => dayLabel(first + n))
    return [
      ...off.map((date): CalendarDay => ({ date, kind: 'holiday', name, source })),
      ...worked.map((day): CalendarDay => ({ date: `${year}-${day}`, kind: 'workday', name: `${name}调休`, source })),
    ]
  }),
)
