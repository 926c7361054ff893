import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

/** Nearer than this to the end counts as at the end. */
const END_PX = 48

export interface Follow {
  scroller: RefObject<HTMLDivElement | null>
  content: RefObject<HTMLDivElement | null>
  /** True while the end is kept in sight. */
  following: boolean
  jumpToEnd: () => void
}

/** Keeps the end of growing content in sight until the person scrolls up, and again once they are back at the end. */
export function useFollow(): Follow {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const followingRef = useRef(true)
  const [following, setFollowing] = useState(true)

  const follow = useCallback((next: boolean) => {
    followingRef.current = next
    setFollowing(next)
  }, [])
  const jumpToEnd = useCallback(() => {
    follow(true)
    const box = scroller.current
    if (box) box.scrollTop = box.scrollHeight
  }, [follow])

  useEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (!box || !inner) return
    let lastTop = box.scrollTop
    const onScroll = () => {
      const top = box.scrollTop
      const atEnd = box.scrollHeight - top - box.clientHeight < END_PX
      // Growth moves the end away but never the top: only a person scrolls up.
      if (atEnd) follow(true)
      else if (top < lastTop) follow(false)
      lastTop = top
    }
    const keepEnd = new ResizeObserver(() => {
      if (!followingRef.current) return
      box.scrollTop = box.scrollHeight
      lastTop = box.scrollTop
    })
    box.addEventListener('scroll', onScroll, { passive: true })
    keepEnd.observe(inner)
    keepEnd.observe(box)
    return () => {
      box.removeEventListener('scroll', onScroll)
      keepEnd.disconnect()
    }
  }, [follow])

  return { scroller, content, following, jumpToEnd }
}
