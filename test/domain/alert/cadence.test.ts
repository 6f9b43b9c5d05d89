// How often a gateway uploads, as it follows from the times between its contacts.

import { expect, test } from 'vitest'
import { GAPS_KEPT, learnedCadence } from '../../../domain/alert/cadence.ts'

const DAY = 24 * 60
const many = (minutes: number, count = GAPS_KEPT): number[] => Array.from({ length: count }, () => minutes)

test.each([
  { name: 'never noted', gaps: undefined, want: 0 },
  { name: 'heard in one contact: perhaps daily', gaps: [], want: 8 * 60 },
  { name: 'hourly, from the second contact on', gaps: [60], want: 60 },
  { name: 'daily', gaps: many(DAY), want: DAY },
  { name: 'daily, in two parts', gaps: [30, DAY - 30, 30, DAY - 30, 30, DAY - 30, 30, DAY - 30], want: DAY - 30 },
  { name: 'hourly with two outages', gaps: [...many(60, 6), 3 * DAY, 900], want: 60 },
  { name: 'an outage first', gaps: [5 * DAY, 60], want: 60 },
  { name: 'hourly, then daily for three days', gaps: [...many(60, 5), ...many(DAY, 3)], want: DAY },
  { name: 'slower than once a week', gaps: many(30 * DAY), want: 7 * DAY },
])('$name', ({ gaps, want }) => expect(learnedCadence(gaps)).toBe(want))
