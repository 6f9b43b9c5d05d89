// Notices and waiting, drawn by the page's own styles: they must show before Ant Design is loaded, and when it cannot.

import type { ReactNode } from 'react'

interface NoticeProps {
  type: 'error' | 'warning' | 'info'
  title: ReactNode
  children?: ReactNode
  /** A button or link at the end. */
  action?: ReactNode
  testId?: string
}

export function Notice({ type, title, children, action, testId }: NoticeProps) {
  return (
    <div className={`notice notice-${type}`} role="alert" data-testid={testId}>
      <div>
        <div className="notice-title">{title}</div>
        {children}
      </div>
      {action}
    </div>
  )
}

/** Stands where something is being loaded. */
export function Waiting({ children }: { children: string }) {
  return (
    <div className="waiting" role="status">
      <span className="spinner" aria-hidden />
      {children}
    </div>
  )
}
