/** Offers made in a channel by a ServiceAnnouncement (PROTOCOL.md §2), read and written. */
import type { Offer } from '../market/offer.ts'
import { fail, ok, type Result } from '../market/result.ts'
import { channelMessageTemplate, channelOf, parseChannelMessage } from './channel.ts'
import { isTimely, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { MAX_CAPABILITIES, MAX_MODELS, nameOfKey, type Listing } from './nip89.ts'
import { isRelayUrl, showableNames } from './wireText.ts'

/** The ServiceAnnouncement of a listing; `pubkey` is whose it is, `createdAt` in Unix seconds. */
export function announcementTemplate(listing: Listing, channelId: string, pubkey: string, createdAt: number): EventTemplate {
  return channelMessageTemplate(
    channelId,
    listing.relays[0] ?? '',
    {
      type: 'ServiceAnnouncement',
      kind: KIND.textGeneration,
      price_msats: listing.priceMsat,
      spark_address: listing.sparkAddress,
      network: listing.network,
      provider_pubkey: pubkey,
      models: [...listing.models],
      capabilities: [...listing.capabilities],
    },
    createdAt,
  )
}

/**
 * Reads a verified ServiceAnnouncement in a channel as an offer of who signed it: `provider_pubkey` is only a claim.
 * Problems: those of `parseChannelMessage`, and `wrong-kind`, `wrong-channel`, `not-an-announcement`, `not-compute`, `untimely`.
 */
export function parseAnnouncement(event: NostrEvent, channelId: string, nowSecs: number): Result<Offer> {
  const { pubkey } = event
  if (event.kind !== KIND.channelMessage) return fail('wrong-kind', 'This event is not a channel message.')
  if (channelOf(event) !== channelId) return fail('wrong-channel', 'This message was written to another channel.')
  if (!isTimely(event.created_at, nowSecs)) return fail('untimely', 'The announcement is more than five minutes old, or dated ahead of our clock.')
  const message = parseChannelMessage(event.content)
  if (!message.ok) return message
  if (message.value.type !== 'ServiceAnnouncement') return fail('not-an-announcement', `A ${message.value.type} is not an announcement.`)
  const { kind, price_msats, spark_address, network, models, capabilities } = message.value
  if (kind !== KIND.textGeneration) return fail('not-compute', 'The announcement does not offer text generation.')
  const relay = event.tags.find((tag) => tag[0] === 'e' && tag[1] === channelId)?.[2] ?? ''
  return ok({
    key: announcementKey(pubkey, channelId),
    pubkey,
    name: nameOfKey(pubkey),
    about: '',
    models: showableNames(models ?? [], MAX_MODELS),
    capabilities: showableNames(capabilities ?? [], MAX_CAPABILITIES),
    pricePerRequestMsat: price_msats,
    prices: [{ unit: 'per-request', msat: price_msats, model: null }],
    dialects: ['channel'],
    network,
    channelId,
    relays: isRelayUrl(relay) ? [relay] : [],
    sparkAddress: spark_address === '' ? null : spark_address,
    announcedAt: event.created_at,
    lastSeenAt: Math.min(event.created_at, nowSecs),
    expiresAt: null,
    source: 'channel',
  })
}

/** The key of an offer made by a ServiceAnnouncement. */
export function announcementKey(pubkey: string, channelId: string): string {
  return `${pubkey}:channel:${channelId}`
}
