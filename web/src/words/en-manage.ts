// Holds the page's words about taking things in hand in English: the course of an alert, the page of a meter,
// administration.

import type { ManageWords } from './zh-manage.ts'

export const enManage: ManageWords = {
  curveOf: {
    hour: (name) => `Around the event: ${name}`,
    night: (name) => `Last 31 nights: ${name}`,
    day: (name) => `Last 28 days: ${name}`,
    month: (name) => `By month: ${name}`,
  },
  eventHere: 'event',
  time: 'Time',
  costSoFar: 'Used beyond the limit so far',
  yuan: (amount) => `${amount} yuan`,
  costSpan: (from, to) => `From ${from} to ${to}.`,
  hoursLeftOut: (count) => `${count} hours of it are not known and left out.`,
  priceStandIn: 'The price is a stand-in, not officially issued.',
  checkFirst: 'Three things to check first',
  takeInHand: 'Take in hand',
  inHandHint: 'The system clears it when the condition is over.',
  remark: 'Comment',
  comment: 'Add comment',
  needComment: 'Please write a comment',
  assign: 'Assign',
  assignTo: 'Assign to',
  needAssignee: 'Please say whom it is assigned to',
  snooze: 'Stop reminders',
  snoozeFor: 'For how long',
  snoozeHint: 'Only reminders stop; the alert stays open',
  days: (count) => `${count} days`,
  inHandOf: 'In hand of',
  snoozedUntil: 'No reminders until',
}
