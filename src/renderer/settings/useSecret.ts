import { useCallback, useEffect, useState } from 'react'

export interface Secret {
  /** Undefined while it is hidden. */
  value: string | undefined
  show: (value: string) => void
  hide: () => void
  /** True once it hid by itself: the window was left. */
  hiddenByItself: boolean
}

/** A secret on the screen: gone from it, and from this page's memory, as soon as the window is left. */
export function useSecret(): Secret {
  const [value, setValue] = useState<string>()
  const [hiddenByItself, setHiddenByItself] = useState(false)
  const isShown = value !== undefined

  useEffect(() => {
    if (!isShown) return
    const hide = () => {
      setValue(undefined)
      setHiddenByItself(true)
    }
    const hideWhenHidden = () => {
      if (document.visibilityState === 'hidden') hide()
    }
    window.addEventListener('blur', hide)
    document.addEventListener('visibilitychange', hideWhenHidden)
    return () => {
      window.removeEventListener('blur', hide)
      document.removeEventListener('visibilitychange', hideWhenHidden)
    }
  }, [isShown])

  return {
    value,
    hiddenByItself,
    show: useCallback((shown: string) => {
      setValue(shown)
      setHiddenByItself(false)
    }, []),
    hide: useCallback(() => setValue(undefined), []),
  }
}
