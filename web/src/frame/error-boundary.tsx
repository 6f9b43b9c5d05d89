// What is seen when a part of the page cannot be shown: it could not be loaded, or it met an answer that it does not
// understand. The header stays, and another page can be opened.

import { Alert, Button } from 'antd'
import { Component, type ReactNode } from 'react'
import { useLanguage } from '../words/language.tsx'

interface Props {
  /** What is shown; another place begins anew. */
  place: string
  children: ReactNode
}
interface State {
  error: unknown
  place: string
}

// React tells of errors to classes only.
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, place: this.props.place }

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error }
  }

  static getDerivedStateFromProps({ place }: Props, state: State): Partial<State> | null {
    return place === state.place ? null : { error: null, place }
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <Broken error={this.state.error} />
  }
}

function Broken({ error }: { error: unknown }) {
  const { text } = useLanguage()
  return (
    <Alert
      type="error"
      showIcon
      title={text.cannotShow}
      description={`${text.cannotShowHint} ${String(error)}`}
      action={<Button onClick={() => location.reload()}>{text.reload}</Button>}
      data-testid="broken"
    />
  )
}
