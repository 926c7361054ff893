/** For how long, and how often, a purchase waits for what may still come: the same in every mode. */

/** An answer that is paid for and late is waited for this long before the job is closed as failed. */
export const OVERDUE_WINDOW_MS = 24 * 3_600_000
/** The wallet may still be sending in the invoice's last second; only well after its expiry is "unknown to the wallet" an end. */
export const DOUBT_GRACE_MS = 120_000
/** A cancel that no relay takes is given up. */
export const CLOSING_WINDOW_MS = 60_000
/** What a provider complains about is kept this often. */
export const MAX_TROUBLES = 5
