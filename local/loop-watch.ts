// Measures for how long the event loop stops: acknowledgements wait for as long. Counts anew every hour, so that health
// shows the present and not a start long ago.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopDelay } from '../functions/platform.ts'

/** A stop is seen to this precision; the timer itself costs nothing to speak of. */
const RESOLUTION_MS = 10
const WINDOW_MS = 3_600_000
const NS_PER_MS = 1e6

interface LoopWatch {
  /** Since the last full hour of measuring began. */
  delay(): LoopDelay
  stop(): void
}

export function loopWatch(): LoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let sinceMs = performance.now()
  const timer = setInterval(() => {
    histogram.reset()
    sinceMs = performance.now()
  }, WINDOW_MS).unref()
  // The timer's own period is part of what the histogram has.
  const stoppedMs = (ns: number): number => Math.max(0, Math.round(ns / NS_PER_MS - RESOLUTION_MS))
  return {
    delay: () => ({
      seconds: Math.round((performance.now() - sinceMs) / 1000),
      p50Ms: stoppedMs(histogram.percentile(50)),
      p99Ms: stoppedMs(histogram.percentile(99)),
      p999Ms: stoppedMs(histogram.percentile(99.9)),
      maxMs: stoppedMs(histogram.max),
    }),
    stop() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
