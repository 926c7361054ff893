import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import type { RefObject } from 'react'

export interface VirtualRows {
  count: number
  rowPx: number
  scroller: RefObject<HTMLDivElement | null>
  keyOf: (index: number) => string | number
  /** Rows built beyond those in sight, on each side; a dozen when left out. */
  overscan?: number
  /** How far below the top of what scrolls the rows begin. */
  topPx?: number
}

/** The rows of a long list that are in sight, and some more. Never hand the result on as a prop: it changes from within. */
export function useVirtualRows({ count, rowPx, scroller, keyOf, overscan = 12, topPx = 0 }: VirtualRows): Virtualizer<HTMLDivElement, Element> {
  // The rule warns of memoisation by the React compiler; this app is built without it, and nothing memoises the result.
  // oxlint-disable-next-line react/incompatible-library
  return useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => rowPx, overscan, getItemKey: keyOf, scrollPaddingStart: rowPx, scrollMargin: topPx })
}
