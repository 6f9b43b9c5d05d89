// Holds the page's words about the workplace in English: overview, search, alerts in hand, connection.

import type { WorkWords } from './zh-work.ts'

export const enWork: WorkWords = {
  byCoefficients: (set) => `converted by ${set}`,
  standInAll: 'all targets here are stand-ins, not officially issued',
  toVerify: 'To be verified',
  certainties: {
    official: 'the official text',
    secondary: 'a secondary source',
    derived: 'derived',
    recalled: 'recalled from memory',
    supplied: 'imported by this organization',
  },
  howToVerify: 'Once confirmed, import the official value in its place (npx kilowatch import).',
  nothingRegistered: 'No institution is registered yet: npx kilowatch import …',
  calm: 'No open alerts',
  goHome: 'Back to the start page',
  serverSaid: 'The server says',
  toCome: 'to come',
  nowMark: 'now',
  hoursSoFar: (known, over) => `${known} of ${over} hours known (the day is not over)`,
  unit: 'Unit',
  lastRegister: 'Last register',
  multiplier: 'Multiplier',
  skipToContent: 'Skip to content',
  capsExceed: (year, indicator, children, own) =>
    `${indicator}, ${year}: the areas below sum to ${children}, more than ${own}`,
  nearTarget: (what) => `close to the target: ${what}`,
  overTarget: (what) => `forecast above the target: ${what}`,
  forecastUses: (name, ratio) => `${name} (${ratio} of it)`,
  allWithin: 'all indicators within their targets',
}
