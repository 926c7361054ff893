/** Which channels to show to somebody who looks for one, and in what order. */
import type { ChannelRow } from '#shared/ipc/channels.ts'

/** So many at once; a search narrows the rest down. */
export const SHOWN_CHANNELS = 50

/** By name, those without one last, then by id, so that the list stays still. */
export function sortJoined(channels: Readonly<Record<string, ChannelRow>>): readonly ChannelRow[] {
  return Object.values(channels).toSorted((a, b) => Number(a.name === '') - Number(b.name === '') || a.name.localeCompare(b.name) || compareText(a.channelId, b.channelId))
}

/** Those in whose name or description every word occurs, those with most offers first, then the newest. */
export function findChannels(channels: Readonly<Record<string, ChannelRow>>, search: string): readonly ChannelRow[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  return Object.values(channels)
    .filter(({ channelId, name, about }) => {
      const text = `${name} ${about} ${channelId}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    .toSorted((a, b) => b.offers - a.offers || (b.createdAt ?? 0) - (a.createdAt ?? 0) || compareText(a.channelId, b.channelId))
}

/** The id that was typed or pasted in place of a name; undefined when it is none. */
export function readChannelId(search: string): string | undefined {
  const id = search.trim().toLowerCase()
  return /^[0-9a-f]{64}$/.test(id) ? id : undefined
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
