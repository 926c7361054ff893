/** Why a listing could not be read, by the code that the engine counts it under. */
const REASONS: Readonly<Record<string, string>> = {
  'too-long': 'too large',
  'not-json': 'broken content',
  'not-an-object': 'broken content',
  'bad-price': 'a price that is no number',
  'bad-field': 'a field that cannot be read',
  'unknown-type': 'of an unknown type',
  'from-the-future': 'dated ahead of this clock',
}

/** "3 listings could not be read: 2 broken content, 1 too large." Null when every one could. */
export function refusedText(refused: Readonly<Record<string, number>>): string | null {
  const counts = new Map<string, number>()
  for (const [code, count] of Object.entries(refused)) {
    const reason = REASONS[code] ?? 'otherwise broken'
    counts.set(reason, (counts.get(reason) ?? 0) + count)
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const parts = [...counts].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${count.toLocaleString('en-US')} ${reason}`)
  return `${total.toLocaleString('en-US')} ${total === 1 ? 'listing' : 'listings'} could not be read: ${parts.join(', ')}.`
}
