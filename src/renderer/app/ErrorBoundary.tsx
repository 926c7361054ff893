import { Component, type ReactNode } from 'react'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'

interface Props {
  /** A new value tries the children again: going to another page does. */
  resetKey: string
  children: ReactNode
}
interface State {
  error: Error | undefined
  resetKey: string
}

/** A bug in one page stays in that page. Jobs go on: they live in the engine. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined, resetKey: this.props.resetKey }

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: undefined, resetKey: props.resetKey }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <div role="alert" className="flex h-full flex-col items-center justify-center gap-3 p-6 text-center">
        <h1 className="text-lg font-semibold">This page stopped working</h1>
        <p className="max-w-96 text-muted">Your jobs and money are not touched: they live in the engine, which goes on.</p>
        <p className="flex max-w-full items-center gap-1 wrap-anywhere font-mono text-sm">
          {error.message}
          <CopyButton text={error.stack ?? error.message} label="Copy the details" />
        </p>
        <Button variant="primary" onClick={() => this.setState({ error: undefined })}>
          Try again
        </Button>
      </div>
    )
  }
}
