// Asks for what the first screen shows as soon as the host has said who reads and where: the answers come while the
// page is drawn for the first time, and a component that asks for the same takes the answer that is on its way.

import type { SessionView } from '../../../domain/view/session.ts'
import type { HealthView } from '../../../domain/view/view.ts'

interface First {
  /** Of the address. */
  hash: string
  session: SessionView
  health: HealthView
  month: string
}

/** What the overview of the reader's own area asks for; nothing where the page begins elsewhere. */
export function firstPaths({ hash, session, health, month }: First): string[] {
  const isStart = /^#?\/?$/.test(hash)
  if (!isStart || health.status !== 'ok' || session.state === 'out' || !session.actions.includes('figures')) return []
  const home = session.state === 'in' && session.home ? session.home : { type: 'area', id: health.rootArea }
  if (home.type !== 'area' || home.id === null) return []
  const area = `areas/${encodeURIComponent(home.id)}`
  return [`${area}/status?month=${month}`, area, 'alerts?limit=1']
}

const onTheWay = new Map<string, Promise<Response>>()

/** `ask`: a request of the API. */
export function askEarly(paths: readonly string[], ask: (path: string) => Promise<Response>): void {
  for (const path of paths) {
    const answer = ask(path)
    answer.catch(() => undefined) // whoever takes it is told
    onTheWay.set(path, answer)
  }
}

/** The answer that was asked for early; only once, since the next is to be a new one. */
export function takeEarly(path: string): Promise<Response> | undefined {
  const answer = onTheWay.get(path)
  onTheWay.delete(path)
  return answer
}
