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
