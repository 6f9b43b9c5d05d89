// Shows the parts of a page as tabs, with the open tab in the URL. Only the open tab is rendered and requests data.

import { type KeyboardEvent, type ReactNode, useRef } from 'react'

interface Props<V extends string> {
  label: string
  views: readonly { view: V; name: string }[]
  open: V
  choose: (view: V) => void
  children: ReactNode
}

export function PageTabs<V extends string>({ label, views, open, choose, children }: Props<V>) {
  const list = useRef<HTMLDivElement>(null)
  const name = views.find(({ view }) => view === open)?.name
  /** Arrow keys move between tabs, as the pattern of the ARIA guide has it; Enter or Space opens one. */
  const move = (event: KeyboardEvent) => {
    const tabs = [...(list.current?.querySelectorAll<HTMLElement>('[role=tab]') ?? [])]
    const at = tabs.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key]
    if (at < 0 || to === undefined) return
    event.preventDefault()
    tabs.at(to % tabs.length)?.focus()
  }
  return (
    <>
      <h2 className="print-only">{name}</h2>
      <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {views.map(({ view, name }) => (
          <button
            key={view}
            type="button"
            role="tab"
            aria-selected={view === open}
            tabIndex={view === open ? 0 : -1}
            onClick={() => choose(view)}
          >
            {name}
          </button>
        ))}
      </div>
      <div className="tab-body" role="tabpanel" aria-label={name}>
        {children}
      </div>
    </>
  )
}
