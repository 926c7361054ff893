import { formatSats, type Msat } from '#shared/market/msat.ts'
import { joinClasses } from './joinClasses.ts'

export interface AmountProps {
  msat: Msat
  /** `in` shows + in green, `out` shows −. */
  direction?: 'in' | 'out'
  /** Leaves the word away, where a column's head says it. */
  bare?: boolean
  className?: string
}

/** Sats for a person, msat on hover. */
export function Amount({ msat, direction, bare = false, className }: AmountProps) {
  const sign = direction === 'in' ? '+' : direction === 'out' ? '−' : ''
  return (
    <span title={`${msat.toLocaleString('en-US')} msat`} className={joinClasses('whitespace-nowrap', direction === 'in' ? 'text-money' : null, className)}>
      {sign}
      {formatSats(msat)}
      {bare ? null : msat === 1_000 ? ' sat' : ' sats'}
    </span>
  )
}
