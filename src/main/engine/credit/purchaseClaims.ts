/** How a purchase stands with what was got back of it. */
import { standingOf, sumStandings } from '#shared/market/books.ts'
import { addMsat, formatSats, minMsat, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { PurchaseLook } from '../customer/settlement/mode.ts'
import { claimedMsat, openClaim, type Claim } from './claim.ts'

/** `hasAnswer`: some of it is here. */
export function lookWithClaims(look: PurchaseLook, claims: readonly Claim[], hasAnswer: boolean): PurchaseLook {
  const owedMsat = balanceOf(look, 'owedToUs')
  const lostMsat = balanceOf(look, 'lost')
  // A seller that heard of the stop before it saw the money did nothing for it, and owes it: who stopped cannot know.
  const spentMsat = look.state === 'stopped' && !hasAnswer ? balanceOf(look, 'spent') : ZERO_MSAT
  const backMsat = claimedMsat(claims)
  const atMostMsat = look.claimableMsat ?? addMsat(owedMsat, lostMsat, spentMsat)
  // Only what nothing comes for any more is asked back.
  const claimableMsat = look.final ? msat(Math.max(0, atMostMsat - backMsat)) : ZERO_MSAT
  if (claims.length === 0) return { ...look, claimableMsat }
  const fromOwed = minMsat(backMsat, owedMsat)
  const fromLost = minMsat(msat(backMsat - fromOwed), lostMsat)
  const fromSpent = minMsat(msat(backMsat - fromOwed - fromLost), spentMsat)
  return {
    ...look,
    claimableMsat,
    claimHashes: claims.flatMap(({ invoice }) => (invoice === null ? [] : [invoice.paymentHash])),
    final: look.final && openClaim(claims) === null,
    owedMsat: msat(Math.max(0, look.owedMsat - backMsat)),
    note: backMsat === 0 ? look.note : `${look.note} ${formatSats(backMsat)} sats were paid back.`.trim(),
    standing: sumStandings(
      look.standing,
      standingOf(
        { from: 'owedToUs', to: 'wallet', msat: fromOwed },
        { from: 'lost', to: 'wallet', msat: fromLost },
        { from: 'spent', to: 'wallet', msat: fromSpent },
        { from: 'refunds', to: 'wallet', msat: msat(backMsat - fromOwed - fromLost - fromSpent) },
      ),
    ),
  }
}

function balanceOf({ standing }: PurchaseLook, account: 'owedToUs' | 'lost' | 'spent'): Msat {
  return msat(Math.max(0, standing[account] ?? 0))
}
