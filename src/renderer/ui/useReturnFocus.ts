import { useRef } from 'react'

/** Where focus was outside of every window, while one is open: one window may take another's place. */
let outside: HTMLElement | null = null

const WINDOW = '[role=dialog]'

/** Brings focus back to where it was before a window opened. Radix knows only a trigger to go back to, and these windows have none. */
export function useReturnFocus(): { readonly remember: () => void; readonly onCloseAutoFocus: (event: Event) => void } {
  const before = useRef<HTMLElement | null>(null)
  return {
    remember() {
      const active = document.activeElement
      if (!(active instanceof HTMLElement) || active === document.body) return
      before.current = active
      if (active.closest(WINDOW) === null) outside = active
    },
    onCloseAutoFocus(event) {
      event.preventDefault()
      const target = before.current?.isConnected === true ? before.current : outside
      // Another window, or the field of a page just opened, may have it by now.
      if (document.activeElement === document.body && target?.isConnected === true) target.focus({ preventScroll: true })
      if (document.querySelector(WINDOW) === null) outside = null
    },
  }
}
