/** Reads a whole number as a person types it: "1024", "1,024", "1 024". Null for anything else. */
export function parseWhole(text: string): number | null {
  const digits = text.trim().replaceAll(/[\s,_]/g, '')
  if (!/^\d{1,12}$/.test(digits)) return null
  return Number(digits)
}

/** What is wrong with a typed whole number; undefined when it is one from `min` to `max`. */
export function checkWhole(text: string, min: number, max: number): string | undefined {
  const value = parseWhole(text)
  if (value !== null && value >= min && value <= max) return undefined
  return `A whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}.`
}
