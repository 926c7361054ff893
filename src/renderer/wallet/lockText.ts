/** What is locked, and until when, in words. */
import type { Role } from '#shared/ipc/common.ts'
import { formatSats, msat, type Msat } from '#shared/market/msat.ts'
import { durationText } from '#renderer/ui/agoText.ts'

/** "Returns in 12 min 3 s". Nobody says how long a lock lasts that is still on its way. */
export function returnsText(until: number | undefined, now: number, role: Role = 'customer'): string {
  const whom = role === 'customer' ? '' : ' to the customer'
  if (until === undefined) return role === 'customer' ? 'Until the job ends' : 'Until it is claimed'
  if (until <= now) return `Is going back${whom}`
  return `${role === 'customer' ? 'Returns' : 'Goes back'}${whom} in ${durationText(Math.ceil((until - now) / 1_000) * 1_000)}`
}

/** "the first returns in 12 min 0 s": of one's own locks, beside their sum. */
export function lockNote(locks: readonly { readonly role: Role; readonly until?: number | undefined }[], now: number): string {
  const text = returnsText(firstReturn(locks, 'customer'), now)
  const lower = text.charAt(0).toLowerCase() + text.slice(1)
  return locks.filter(({ role }) => role === 'customer').length > 1 ? `the first ${lower}` : lower
}

/** The first of the locks to go back, ours or for us: its time; undefined where none says one. */
export function firstReturn(locks: readonly { readonly role: Role; readonly until?: number | undefined }[], role: Role): number | undefined {
  return locks.reduce<number | undefined>((first, lock) => (lock.role !== role || lock.until === undefined ? first : Math.min(first ?? lock.until, lock.until)), undefined)
}

/** Why what is locked in all is more than the locks: the rest goes back, or to the network. */
export function feeWords(locks: readonly { readonly role: Role; readonly amountMsat: Msat }[], lockedMsat: Msat): string {
  const keptMsat = lockedMsat - locks.reduce((sum, { role, amountMsat }) => (role === 'customer' ? sum + amountMsat : sum), 0)
  return keptMsat <= 0 ? '' : ` Up to ${formatSats(msat(keptMsat))} more ${keptMsat === 1_000 ? 'sat is' : 'sats are'} kept back for fees.`
}
