/** What a stranger wrote, made fit to be shown beside what others wrote. */

/** Control characters, and the ones that turn or hide the text round them. */
const UNSHOWN = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu

/** One line without control, bidirectional or invisible characters, at most `maxLength` code points. */
export function cleanText(text: string, maxLength: number): string {
  // A code point is at most two units: cutting first keeps the work bounded by what is kept, with room for what is dropped.
  const line = text.slice(0, maxLength * 8).replace(UNSHOWN, ' ').replace(/\s+/gu, ' ').trim()
  return Array.from(line.toWellFormed()).slice(0, maxLength).join('').trimEnd()
}

/** An address that a relay pool may be given: ws:// or wss://, with a host, at most 300 characters, no credentials. */
export function isRelayUrl(text: string): boolean {
  return text.length <= 300 && /^wss?:\/\/[^\s/?#@]+([/?#][^\s]*)?$/.test(text)
}

/** Names that can be shown as they are; one that would need cleaning would no longer be the name, so it is passed over. */
export function showableNames(names: readonly string[], limit: number): readonly string[] {
  const shown = names.slice(0, 4 * limit).filter((name) => name !== '' && name.length <= 200 && cleanText(name, 200) === name)
  return [...new Set(shown)].slice(0, limit)
}
