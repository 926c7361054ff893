/** "14:32", or with its day when that is not today: "24 Nov, 14:32". */
export function clockText(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)]
  const time = { hour: '2-digit', minute: '2-digit' } as const
  if (then.toDateString() === today.toDateString()) return then.toLocaleTimeString(undefined, time)
  return then.toLocaleString(undefined, { day: 'numeric', month: 'short', ...time })
}
