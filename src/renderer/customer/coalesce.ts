/** Text that arrives faster than a page should render, gathered: the first piece at once, then at most one every `intervalMs`. */
export interface Coalescer {
  append(text: string): void
  /** Puts the whole text in place of what came so far. */
  replace(text: string): void
  /** Hands on what waits. */
  flush(): void
  stop(): void
}

export interface CoalescerOptions {
  readonly intervalMs: number
  readonly onText: (whole: string) => void
  readonly now: () => number
  /** Calls `run` once after `delayMs`; returns its cancel. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

export function createCoalescer({ intervalMs, onText, now, after }: CoalescerOptions): Coalescer {
  let whole = ''
  let shown = ''
  let lastShownAt = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | undefined

  function show() {
    cancel?.()
    cancel = undefined
    if (whole === shown) return
    shown = whole
    lastShownAt = now()
    onText(whole)
  }
  function showSoon() {
    if (cancel) return
    const wait = lastShownAt + intervalMs - now()
    if (wait <= 0) show()
    else cancel = after(wait, show)
  }

  return {
    append(text) {
      whole += text
      showSoon()
    },
    replace(text) {
      whole = text
      showSoon()
    },
    flush: show,
    stop() {
      cancel?.()
      cancel = undefined
    },
  }
}
