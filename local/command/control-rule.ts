// `kilowatch rule`: tries a rule of control on the past of a meter and says what it would have done, would have saved
// and would send. Uses only the HTTP API.

import { formatInstant } from '../../domain/calendar.ts'
import type { ProposedCommand, RuleSimulation } from '../../domain/control/building-rule.ts'
import { chosenHost, clientOf } from './client.ts'
import { jsonOf } from './json-file.ts'

interface RuleOptions {
  meter: string
  from: string
  to: string
  data: string
  api?: string
  token?: string
  json?: boolean
}
type Answer = RuleSimulation & { unit: string; commands: ProposedCommand[] }

/** Acts that are told. */
const SHOWN = 10

export async function simulateControlRule(file: string, options: RuleOptions): Promise<void> {
  const host = chosenHost(options)
  if (!host) throw new Error(`no kilowatch runs on ${options.data}; start it, or name it by --api and --token`)
  const { meter, json } = options
  const day = (date: string) => `${date}T00:00:00+08:00`
  const body = { rule: await jsonOf(file), from: day(options.from), to: day(options.to) }
  const answer = await clientOf(host).post<Answer>(`meters/${encodeURIComponent(meter)}/rule-simulation`, body)
  if (json) process.stdout.write(`${JSON.stringify(answer)}\n`)
  else for (const line of linesOf(answer)) process.stdout.write(`${line}\n`)
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

function linesOf({ unit, hours, hoursUnknown, count, acts, saved, savedAtMost, highest, commands }: Answer): string[] {
  const amount = (value: number): string => `${whole.format(value)} ${unit}`
  return [
    `${hours} hours, ${hoursUnknown} of them unknown; it would have acted ${count} times`,
    ...acts
      .slice(-SHOWN)
      .map((act) => `  ${formatInstant(act.fromMs)} to ${formatInstant(act.toMs)}: ${amount(act.saved)}`),
    `saved: ${amount(saved)}${savedAtMost === null ? '' : `, at most ${amount(savedAtMost)}`}`,
    ...(highest ? [`highest hour: ${amount(highest.before)}, with the rule ${amount(highest.after)}`] : []),
    ...commands.map(({ when, name, arguments: given }) => `${when}: ${name} ${JSON.stringify(given)}`),
  ]
}
