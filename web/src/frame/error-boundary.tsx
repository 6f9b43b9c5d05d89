// Shows an error when a part of the page fails: its code could not be loaded, or it threw on an unexpected answer. The
// header stays, and the reader can open another page.

import { Component, type ReactNode } from 'react'
import { useLanguage } from '../words/language.tsx'
import { Notice } from './plain.tsx'

interface Props {
  /** Identity of the page shown; a new place clears the error. */
  place: string
  children: ReactNode
}
interface State {
  error: unknown
  place: string
}

// React reports errors only to class components.
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
    <Notice
      type="error"
      title={text.cannotShow}
      action={
        <button type="button" className="button" onClick={() => location.reload()}>
          {text.reload}
        </button>
      }
      testId="broken"
    >
      {`${text.cannotShowHint} ${String(error)}`}
    </Notice>
  )
}
