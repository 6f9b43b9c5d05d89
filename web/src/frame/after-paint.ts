// Holds back what a reader sees second until what is seen first stands on the screen.

import { startTransition, useEffect, useState } from 'react'

/** A tab in the background paints nothing; it does not wait for ever. */
const WAIT_MS_MAX = 500

/** True from the first frame on that shows what was rendered with `isDrawn`. */
export function useAfterPaint(isDrawn: boolean): boolean {
  const [isPainted, setPainted] = useState(false)
  useEffect(() => {
    if (!isDrawn) return
    // As a transition, which a click interrupts: much is rendered then.
    const done = () => startTransition(() => setPainted(true))
    let timer = setTimeout(done, WAIT_MS_MAX)
    // Called before the frame is painted: what it puts off comes after.
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer)
      timer = setTimeout(done)
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [isDrawn])
  return isPainted
}
