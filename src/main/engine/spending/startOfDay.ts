/** Midnight of this machine's day: daily limits and earnings begin there. */
export function startOfDay(nowMs: number): number {
  return new Date(nowMs).setHours(0, 0, 0, 0)
}
