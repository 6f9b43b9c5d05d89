// Says whether the page is being printed: lists then show all rows and what is folded is opened, since paper has no
// buttons (docs/rules/report.md#paper). The browser's own print command renders what is loaded; `printWhole` first
// loads the rest.

import { useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'

/** Rows of a list on paper; a file has all of them. */
export const PRINTED_ROWS_MAX = 2000
/** What takes longer to load is printed as far as it is. */
const LOAD_MS_MAX = 60_000
/** The page is still when nothing was loading for so long. */
const STILL_MS = 400
const LOOK_MS = 100
const LOADING = '.waiting, .ant-skeleton, .ant-spin-spinning, .ant-btn-loading'

const listeners = new Set<() => void>()
let printing = false

/** The page is rendered anew before the browser lays it out for paper. */
function become(now: boolean): void {
  printing = now
  flushSync(() => {
    for (const changed of listeners) changed()
  })
  for (const folded of document.querySelectorAll<HTMLDetailsElement>(now ? 'details:not([open])' : OPENED)) {
    folded.open = now
    folded.toggleAttribute('data-opened', now)
  }
}
const OPENED = 'details[data-opened]'

/** Follows the browser's print command. Call once. */
export function followPrinting(): void {
  addEventListener('beforeprint', () => become(true))
  addEventListener('afterprint', () => become(false))
}

export const useIsPrinting = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    () => printing,
    () => false,
  )

/** Loads what is left of lists and folded parts, then opens the browser's print dialog. */
export async function printWhole(): Promise<void> {
  become(true)
  const latest = Date.now() + LOAD_MS_MAX
  let stillSince = Date.now()
  while (Date.now() < latest && Date.now() - stillSince < STILL_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    if (document.querySelector(LOADING)) stillSince = Date.now()
  }
  print()
  become(false)
}
