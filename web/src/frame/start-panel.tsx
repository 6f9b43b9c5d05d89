// Shows the progress of the server's start, or that the server cannot be reached.

import { useEffect, useState } from 'react'
import type { HealthView } from '../../../domain/view/view.ts'
import { getJson, type LoadProblem, problemOf } from '../api/resource.ts'
import { healthAtStart, takeFirstHealth } from '../api/session.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Notice, Waiting } from './plain.tsx'
import { useTitle } from './title.ts'

const POLL_MS = 1000
/** A host that is up may get problems later. */
const WATCH_MS = 60_000

interface Health {
  health: HealthView | null
  problem: LoadProblem | null
}

/** The server's health, requested every second until it is `ok` and then every minute; not before `canRead`. */
export function useHealth(canRead: boolean): Health {
  const [state, setState] = useState<Health>({ health: healthAtStart(), problem: null })
  useEffect(() => {
    if (!canRead) return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const poll = async () => {
      let waitMs = POLL_MS
      try {
        const health = (await takeFirstHealth()) ?? (await getJson<HealthView>('health', abort.signal))
        if (abort.signal.aborted) return
        setState({ health, problem: null })
        if (health.status === 'ok') waitMs = WATCH_MS
      } catch (error) {
        if (abort.signal.aborted) return
        const problem = problemOf(error)
        // An open page stays: its cards say themselves what they cannot load.
        setState(({ health }) => ({ health: health?.status === 'ok' ? health : null, problem }))
      }
      timer = setTimeout(poll, waitMs)
    }
    poll()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [canRead])
  return state
}

/** What is wrong with the host itself. */
export function HostProblems({ health }: Pick<Health, 'health'>) {
  const { language } = useLanguage()
  return health?.problems.map(({ code, ...text }) => (
    <Notice key={code} type="warning" title={text[language]} testId="host-problem" />
  ))
}

export function StartPanel({ health, problem }: Health) {
  const { text } = useLanguage()
  useTitle(null)
  if (problem) {
    return (
      <Notice type="error" title={text.unreachable}>
        {problem.title} · {text.retrying}
      </Notice>
    )
  }
  if (!health) return <Waiting>{text.connecting}</Waiting>
  return (
    <section className="card" data-testid="starting">
      <h2>{text.starting}</h2>
      {health.progress && <StartProgress progress={health.progress} />}
      <p className="note">{text.startingHint}</p>
    </section>
  )
}

function StartProgress({ progress }: { progress: NonNullable<HealthView['progress']> }) {
  const { text } = useLanguage()
  const { done, total } = progress
  const stage = text.stages[progress.stage] ?? progress.stage
  const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0
  return (
    <div role="status">
      <div className="start-stage">
        <span>
          <span className="faint">{text.stage}</span> <strong>{stage}</strong>
        </span>
        <span>
          {formatNumber(done, 0)} / {formatNumber(total, 0)}
        </span>
      </div>
      <progress max={100} value={percent} aria-label={stage} />
    </div>
  )
}
