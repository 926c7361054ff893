/** How a job is settled (PROTOCOL.md §6): who locks what, who trusts whom with how much. */

export const SETTLEMENTS = ['prepay', 'escrow', 'sealed', 'metered'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** Beyond the time that a job may take, a lock has to last this long: the answer is read, released and claimed in it (PROTOCOL.md §6). */
export const LOCK_MARGIN_SECS = 180
/** What a second-long difference of clocks and a slow wallet may cost. Who locks for a job locks for so long beyond what is asked. */
export const LOCK_SLACK_SECS = 120
