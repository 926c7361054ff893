/** How long an invoice of a job lives, and from when on it is not waited for any more. */

/** How long an unpaid invoice lives. */
export const INVOICE_EXPIRY_SECS = 180
/** The wallet may learn of a payment made in the last second a little later. */
export const EXPIRY_GRACE_MS = 30_000
/** A wallet that still calls the invoice open may be right, and our clock wrong (PROTOCOL.md §1): only after this is it not believed. */
export const CLOCK_DOUBT_MS = 900_000

/** Unix ms from which an invoice that expires then (Unix seconds) may count as expired. */
export function expiryDeadline({ expiresAt }: { readonly expiresAt: number }): number {
  return expiresAt * 1_000 + EXPIRY_GRACE_MS
}

/** Whether to stop waiting for money that the own wallet, asked, does not have. Never by the clock alone: it may have been paid while this machine was down, or the clock may be wrong. */
export function isOver(invoice: { readonly expiresAt: number }, isClosed: boolean, at: number): boolean {
  return at >= expiryDeadline(invoice) + (isClosed ? 0 : CLOCK_DOUBT_MS)
}
