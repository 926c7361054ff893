/** How long both sides of a debt wait before another invoice takes the place of one that was not paid. */

/**
 * After an invoice has expired, its payer's wallet may still be sending what began in the last second, and be as slow to say so as a
 * wallet whose clock is wrong (PROTOCOL.md §1): only then does its *failed* count, and may another invoice be paid.
 */
export const DOUBT_GRACE_MS = 120_000 + 900_000
/** The payee makes another one a little later: the payer would not pay it before. */
export const CLAIM_GRACE_MS = DOUBT_GRACE_MS + 60_000
