import { useEffect } from 'react'
import { useView } from '#renderer/state/view.ts'
import { PAGE_ENTRIES } from './pages.ts'

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** "⌘K" or "Ctrl K", as the machine writes it. */
export function shortcutText(key: string): string {
  return isApple ? `⌘${key}` : `Ctrl ${key}`
}

/** ⌘/Ctrl-K opens the command palette, ⌘/Ctrl-1…5 the pages. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const modified = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
      if (!modified || event.altKey || event.shiftKey || event.isComposing) return
      const view = useView.getState()
      if (event.key.toLowerCase() === 'k') {
        event.preventDefault()
        view.setPaletteOpen(!view.paletteOpen)
        return
      }
      const entry = /^[1-9]$/.test(event.key) ? PAGE_ENTRIES[Number(event.key) - 1] : undefined
      if (!entry) return
      event.preventDefault()
      view.setPaletteOpen(false)
      view.showPage(entry.name)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}
