// Values as they arrive: by server-sent events from a host of one machine, by polling where the API stands elsewhere. A
// page that nobody looks at holds no stream, since a browser has few connections to one host.

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { type Resource, useResource } from './resource.ts'
import { streamUrl } from './session.ts'

interface Streamed<T> {
  path: string
  data: T
}

/**
 * The answer to `path`, sent anew when it changes. `everyMs`: how often it is asked for where there is no stream.
 */
export function useLive<T>(path: string, everyMs: number): Resource<T> {
  const isShown = useSyncExternalStore(onVisibility, () => document.visibilityState === 'visible')
  const [streamed, setStreamed] = useState<Streamed<T> | null>(null)
  /** The path whose stream was refused: it is polled. */
  const [refused, setRefused] = useState<string | null>(null)
  const url = streamUrl(path)
  const isPolled = url === null || refused === path
  const polled = useResource<T>(isPolled ? path : null, everyMs)
  useEffect(() => {
    if (isPolled || !isShown || url === null) return
    const source = new EventSource(url)
    source.onmessage = ({ data }) => setStreamed({ path, data: JSON.parse(data) as T })
    source.addEventListener('ended', () => setRefused(path))
    source.onerror = () => {
      // Else the browser connects again by itself.
      if (source.readyState === EventSource.CLOSED) setRefused(path)
    }
    return () => source.close()
  }, [path, url, isPolled, isShown])
  if (isPolled) return polled
  return { data: streamed?.path === path ? streamed.data : null, problem: null, reload: NOTHING }
}
const NOTHING = () => undefined

function onVisibility(changed: () => void): () => void {
  document.addEventListener('visibilitychange', changed)
  return () => document.removeEventListener('visibilitychange', changed)
}

/** How long something counts as just updated. */
const JUST_MS = 60_000

/** Whether `value` changed in the last minute while the page was open; the first one is no change. */
export function useJustChanged(value: string | number | null | undefined): boolean {
  const before = useRef(value)
  const [isFresh, setFresh] = useState(false)
  useEffect(() => {
    const was = before.current
    before.current = value
    if (was === undefined || was === null || was === value) return
    setFresh(true)
    const timer = setTimeout(() => setFresh(false), JUST_MS)
    return () => clearTimeout(timer)
  }, [value])
  return isFresh
}
