// Shows the parts of a page as tabs, with the open tab in the URL. Only the open tab is rendered and requests data.

import { Tabs } from 'antd'
import type { ReactNode } from 'react'

interface Props<V extends string> {
  label: string
  views: readonly { view: V; name: string }[]
  open: V
  choose: (view: V) => void
  children: ReactNode
}

export function PageTabs<V extends string>({ label, views, open, choose, children }: Props<V>) {
  const name = views.find(({ view }) => view === open)?.name
  return (
    <>
      <h2 className="print-only">{name}</h2>
      <Tabs
        aria-label={label}
        activeKey={open}
        onChange={(view) => choose(view as V)}
        items={views.map(({ view, name }) => ({ key: view, label: name }))}
      />
      <div className="tab-body" role="tabpanel" aria-label={name}>
        {children}
      </div>
    </>
  )
}
