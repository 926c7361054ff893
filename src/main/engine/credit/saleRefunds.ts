/** How a sale stands with what was paid back of it. */
import { standingOf, sumStandings } from '#shared/market/books.ts'
import { addMsat, formatSats, minMsat, msat, ZERO_MSAT } from '#shared/market/msat.ts'
import type { SaleLook } from '../provider/settlement/mode.ts'
import { openRefund, refundedMsat, refundFeesMsat, type Refund } from './refund.ts'

export function lookWithRefunds(look: SaleLook, refunds: readonly Refund[]): SaleLook {
  if (refunds.length === 0) return look
  const open = openRefund(refunds)
  const backMsat = refundedMsat(refunds)
  const feeMsat = refundFeesMsat(refunds)
  const pendingMsat = open === null ? ZERO_MSAT : addMsat(open.intent.amountMsat, open.intent.maxFeeMsat)
  const leftMsat = msat(Math.max(0, look.owedMsat - backMsat))
  // Of what is written off nothing is owed any more: what went back before was not earned.
  const ofDebtMsat = minMsat(backMsat, msat(Math.max(0, -(look.standing.owedByUs ?? 0))))
  // What will not be delivered, and is paid back, is over; what was delivered ends by itself, and money may still come for it.
  const isOver = !look.final && look.generated === null && backMsat > 0 && leftMsat === 0
  const words = backMsat === 0 ? null : `${formatSats(backMsat)} sats were paid back.`
  return {
    ...look,
    ...(isOver ? { state: 'returned' as const, note: words } : { note: [look.note, words].filter((each) => each !== null).join(' ') || null }),
    final: (look.final || isOver) && open === null,
    standing: sumStandings(
      look.standing,
      standingOf({ from: 'wallet', to: 'owedByUs', msat: ofDebtMsat }, { from: 'wallet', to: 'earned', msat: msat(backMsat - ofDebtMsat) }, { from: 'wallet', to: 'fees', msat: feeMsat }, { from: 'wallet', to: 'onTheWay', msat: pendingMsat }),
    ),
    owedMsat: leftMsat,
    refunds: { hashes: refunds.map(({ intent }) => intent.paymentHash), pendingMsat, feeMsat },
  }
}
