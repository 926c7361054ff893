/** A local day, "2026-01-05", as Unix seconds of its noon: no change of the clocks moves it to another day. */
export function noonOf(day: string): number {
  return new Date(`${day}T12:00:00`).getTime() / 1_000
}

/** "Mon, Jan 5", as the reader's language writes it. */
export function dayText(day: string): string {
  return new Date(`${day}T12:00:00`).toLocaleDateString(undefined, { weekday: 'short', month: 'short', day: 'numeric' })
}
