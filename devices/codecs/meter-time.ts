// Times that meters send, as YYYY-MM-DDTHH:mm[:ss] in the meter's own time zone, which no protocol here names
// (docs/rules/devices.md#values).

export interface TimeParts {
  /** All four digits. */
  year: number
  month: number
  day: number
  hour?: number
  minute?: number
  second?: number
}

/** The time as a text, as far as it is given; undefined where there is no such day or time of day. */
export function timeText({ year, month, day, hour, minute = 0, second }: TimeParts): string | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  if (hour === undefined) return date
  const time = clockText(hour, minute, second)
  return time === undefined ? undefined : `${date}T${time}`
}

/** HH:mm or HH:mm:ss; undefined where there is no such time of day. */
export function clockText(hour: number, minute: number, second?: number): string | undefined {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined
  if (second === undefined) return `${two(hour)}:${two(minute)}`
  return second < 0 || second > 59 ? undefined : `${two(hour)}:${two(minute)}:${two(second)}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return leap ? 29 : (MONTH_DAYS[month - 1] ?? 0)
}
