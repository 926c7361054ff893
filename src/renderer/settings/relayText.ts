/** What a relay says of itself and what it taught us, in words. */
import type { RelayRow } from '#shared/ipc/settings.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { bytesText } from '#renderer/ui/bytesText.ts'

/** One's own, the sandbox's first, then by address; and those that are only used for a job. */
export function groupRelays(relays: Readonly<Record<string, RelayRow>>): { own: RelayRow[]; guests: RelayRow[] } {
  const all = Object.values(relays).sort((a, b) => Number(b.embedded) - Number(a.embedded) || (a.url < b.url ? -1 : 1))
  return { own: all.filter((relay) => !relay.guest), guests: all.filter((relay) => relay.guest) }
}

/** What it asks of who writes there: these decide whether one can use it. Empty when it asks nothing, or does not say. */
export function conditionsOf({ limits }: RelayRow): string[] {
  if (!limits) return []
  return [
    ...(limits.authRequired ? ['asks who you are'] : []),
    ...(limits.paymentRequired ? ['takes paying members only'] : []),
    ...(limits.restrictedWrites && !limits.authRequired && !limits.paymentRequired ? ['chooses who may write'] : []),
    ...(limits.minPowBits > 0 ? [`wants ${limits.minPowBits} bits of work for each event`] : []),
  ]
}

/** How much it takes at once: "messages up to 66 KB". Empty when it does not say. */
export function sizesOf({ limits }: RelayRow): string[] {
  if (!limits) return []
  return [
    ...(limits.maxMessageBytes === undefined ? [] : [`messages up to ${bytesText(limits.maxMessageBytes)}`]),
    ...(limits.maxContentChars === undefined ? [] : [`text up to ${limits.maxContentChars.toLocaleString('en-US')} characters`]),
    ...(limits.maxTags === undefined ? [] : [`${limits.maxTags.toLocaleString('en-US')} tags`]),
    ...(limits.maxSubscriptions === undefined ? [] : [`${limits.maxSubscriptions.toLocaleString('en-US')} subscriptions`]),
    ...(limits.createdAtLowerSecs === undefined ? [] : [`dates back to ${spanText(limits.createdAtLowerSecs)}`]),
    ...(limits.createdAtUpperSecs === undefined ? [] : [`dates up to ${spanText(limits.createdAtUpperSecs)} ahead`]),
  ]
}

/** "It asked us to slow down: one event per 2 s." Undefined when it never did. */
export function paceText(paceMs: number): string | undefined {
  return paceMs === 0 ? undefined : `It asked us to slow down: one event per ${durationText(paceMs)}.`
}

/** How likely work of that many hashes is to be over by now: there is no end that it moves towards. */
export function workShare(hashes: number, expectedHashes: number): number {
  return expectedHashes <= 0 ? 1 : 1 - Math.exp(-hashes / expectedHashes)
}

/** From this on a difference is worth a word; a header with whole seconds and a slow line make a second or two. */
const NOTICEABLE_SECS = 10

export function skewText(skewSecs: number | undefined): string | undefined {
  if (skewSecs === undefined || Math.abs(skewSecs) < NOTICEABLE_SECS) return undefined
  return `Its clock is ${durationText(Math.abs(skewSecs) * 1_000)} ${skewSecs > 0 ? 'ahead of' : 'behind'} this computer’s.`
}

/** Limits are round numbers: "15 min", "2 h", "3 days". */
function spanText(secs: number): string {
  for (const [size, unit] of [[86_400, 'days'], [3_600, 'h'], [60, 'min']] as const) if (secs >= 2 * size && secs % size === 0) return `${(secs / size).toLocaleString('en-US')} ${unit}`
  return durationText(secs * 1_000)
}
