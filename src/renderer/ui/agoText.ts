const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "now", "12 s ago", "3 min ago", "2 h ago", "5 days ago", then the date. A time ahead of the clock reads "now". */
export function agoText(at: number, now: number): string {
  const age = now - at
  if (age < 2 * SECOND) return 'now'
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s ago`
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`
  if (age < 7 * DAY) {
    const days = Math.floor(age / DAY)
    return days === 1 ? 'yesterday' : `${days} days ago`
  }
  return new Date(at).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })
}

/** "0.8 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function durationText(milliseconds: number): string {
  if (milliseconds < 10 * SECOND) return `${(Math.round(milliseconds / 100) / 10).toString()} s`
  if (milliseconds < MINUTE) return `${Math.round(milliseconds / SECOND)} s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min ${Math.floor((milliseconds % MINUTE) / SECOND)} s`
  return `${Math.floor(milliseconds / HOUR)} h ${Math.floor((milliseconds % HOUR) / MINUTE)} min`
}
