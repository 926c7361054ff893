import { useCallback, useState } from 'react'
import { useWhenLeft } from './useWhenLeft.ts'

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

  useWhenLeft(
    isShown,
    useCallback(() => {
      setValue(undefined)
      setHiddenByItself(true)
    }, []),
  )

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
