import { useEffect } from 'react'

/** Calls `run` when the window is left or hidden, while `isWatching`. `run` must keep its identity. */
export function useWhenLeft(isWatching: boolean, run: () => void): void {
  useEffect(() => {
    if (!isWatching) return
    const runWhenHidden = () => {
      if (document.visibilityState === 'hidden') run()
    }
    window.addEventListener('blur', run)
    document.addEventListener('visibilitychange', runWhenHidden)
    return () => {
      window.removeEventListener('blur', run)
      document.removeEventListener('visibilitychange', runWhenHidden)
    }
  }, [isWatching, run])
}
