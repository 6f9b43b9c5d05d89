// `kilowatch rule list|put|try|permit|withdraw|confirm|decline|remove`: stored rules of control of a meter
// (docs/rules/control-rules.md#in-force). Uses only the HTTP API.

import { DAY_MS, formatInstant } from '../../domain/calendar.ts'
import type { RuleSimulation } from '../../domain/control/building-rule.ts'
import type { ControlRuleView } from '../../domain/view/control.ts'
import { chosenHost, clientOf, type HostClient } from './client.ts'
import { jsonOf } from './json-file.ts'

interface StoredRuleOptions {
  meter: string
  data: string
  api?: string
  token?: string
  json?: boolean
}

function opened(options: StoredRuleOptions): { client: HostClient; rules: string } {
  const host = chosenHost(options)
  if (!host) throw new Error(`no kilowatch runs on ${options.data}; start it, or name it by --api and --token`)
  return { client: clientOf(host), rules: `meters/${encodeURIComponent(options.meter)}/control-rules` }
}
const pathOf = (rules: string, id: string): string => `${rules}/${encodeURIComponent(id)}`

function print({ json }: StoredRuleOptions, value: unknown, lines: readonly string[]): void {
  if (json) process.stdout.write(`${JSON.stringify(value)}\n`)
  else for (const line of lines) process.stdout.write(`${line}\n`)
}

/** Orders that are told of a rule, the newest first. */
const ORDERS_TOLD = 5

function linesOf({ id, rule, trial, permission, isPermitted, orders, unit }: ControlRuleView): string[] {
  return [
    `${id}: ${rule.kind}`,
    trial
      ? `  tried ${formatInstant(trial.atMs)} by ${trial.by}: ${trial.count} times, saved ${trial.saved.toFixed(2)} ${unit}`
      : '  not tried yet',
    isPermitted && permission
      ? `  permitted by ${permission.by} until ${formatInstant(permission.untilMs)}`
      : rule.kind === 'leak'
        ? '  proposes only'
        : '  not permitted',
    ...orders
      .slice(0, ORDERS_TOLD)
      .map((one) => `  ${one.id} ${one.name} ${one.state}${one.reason === null ? '' : `: ${one.reason}`}`),
  ]
}
const tell = (options: StoredRuleOptions, view: ControlRuleView): void => print(options, view, linesOf(view))

export async function listRules(options: StoredRuleOptions): Promise<void> {
  const { client, rules } = opened(options)
  const found = await client.get<{ items: ControlRuleView[] }>(rules)
  print(options, found, found.items.length > 0 ? found.items.flatMap(linesOf) : ['no rules'])
}

export async function putRule(id: string, file: string, options: StoredRuleOptions): Promise<void> {
  const { client, rules } = opened(options)
  tell(options, await client.put<ControlRuleView>(pathOf(rules, id), { rule: await jsonOf(file) }))
}

export async function tryRule(id: string, options: StoredRuleOptions & { from: string; to: string }): Promise<void> {
  const { client, rules } = opened(options)
  const day = (date: string) => `${date}T00:00:00+08:00`
  const body = { from: day(options.from), to: day(options.to) }
  const tried = await client.post<RuleSimulation & { unit: string }>(`${pathOf(rules, id)}/trial`, body)
  const known = `${tried.hours} hours, ${tried.hoursUnknown} of them unknown`
  print(options, tried, [`${known}; ${tried.count} times; saved: ${tried.saved.toFixed(2)} ${tried.unit}`])
}

export async function permitRule(id: string, options: StoredRuleOptions & { days: string }): Promise<void> {
  const { client, rules } = opened(options)
  const untilMs = Date.now() + Number(options.days) * DAY_MS
  if (!Number.isFinite(untilMs)) throw new Error('--days must be a number')
  tell(options, await client.put<ControlRuleView>(`${pathOf(rules, id)}/permission`, { untilMs: Math.floor(untilMs) }))
}

export async function withdrawRule(id: string, options: StoredRuleOptions): Promise<void> {
  const { client, rules } = opened(options)
  tell(options, await client.delete<ControlRuleView>(`${pathOf(rules, id)}/permission`))
}

export async function removeRule(id: string, options: StoredRuleOptions): Promise<void> {
  const { client, rules } = opened(options)
  print(options, await client.delete(pathOf(rules, id)), [`${id} is removed`])
}

type Decision = 'confirm' | 'decline'
const decide =
  (decision: Decision) =>
  async (id: string, order: string, options: StoredRuleOptions): Promise<void> => {
    const { client, rules } = opened(options)
    const path = `${pathOf(rules, id)}/orders/${encodeURIComponent(order)}/${decision}`
    const made = await client.post<{ state: string }>(path, {})
    print(options, made, [`${order} is ${made.state}`])
  }
export const confirmOrder = decide('confirm')
export const declineOrder = decide('decline')
