import { DIALECTS } from '#shared/market/dialect.ts'
import type { Msat } from '#shared/market/msat.ts'
import { deletionTemplate, parseDeletion } from '#shared/protocol/nip09.ts'
import { listingTemplate, parseListing } from '#shared/protocol/nip89.ts'
import { allEvents, eventsOfKind, listingEvents, VECTOR_SECS } from '../examples.ts'
import { eventTarget, valueOf } from '../target.ts'

const [anyListing] = listingEvents
const fullListing = listingTemplate(
  {
    listingId: 'main', name: 'Fuzz', about: 'sells', picture: '', priceMsat: 1_000 as Msat, modelPrices: [{ unit: 'per-request', msat: 2_000 as Msat, model: 'qwen3:30b' }, { unit: 'per-1k-output-tokens', msat: 50 as Msat, model: null }], dialects: DIALECTS, settlements: ['prepay', 'sealed'], depositMsat: 1_000 as Msat, models: ['llama3.2', 'qwen3:30b'], capabilities: ['chat'],
    relays: ['wss://relay.example', 'ws://127.0.0.1:7777/x'], network: 'regtest', channelId: 'a'.repeat(64), sparkAddress: '', intervalSecs: 600,
  },
  VECTOR_SECS,
)
const examples = [...listingEvents, ...(anyListing === undefined ? [] : [{ ...anyListing, ...fullListing }])]

export const targets = [
  eventTarget('nip89.parseListing', examples, (event) => parseListing(event, VECTOR_SECS), {
    rewrite(output, input) {
      const offer = valueOf(output)
      const [price, ...modelPrices] = offer?.prices ?? []
      // What our own listings say always: a price of any request first, a network, an expiration, a dialect.
      const isOurs = price?.unit === 'per-request' && price.model === null && offer?.dialects.length !== 0
      if (!isOurs || offer === undefined || offer.network === null || offer.expiresAt === null) return undefined
      const listingId = offer.key.slice(offer.pubkey.length + 1)
      const listing = { ...offer, network: offer.network, listingId, picture: '', priceMsat: price.msat, modelPrices, sparkAddress: '', intervalSecs: (offer.expiresAt - input.created_at) / 2 }
      return { ...input, ...listingTemplate(listing, input.created_at) }
    },
  }),
  eventTarget('nip09.parseDeletion', [...eventsOfKind(5), ...allEvents.slice(0, 1).map((event) => ({ ...event, ...deletionTemplate({ pubkey: event.pubkey, listingId: 'main', eventId: event.id, announcementIds: [event.id] }, VECTOR_SECS) }))], parseDeletion, {
    rewrite(output, input) {
      const deletion = valueOf(output)
      const [listingId] = deletion?.listingIds ?? []
      const [eventId, ...announcementIds] = deletion?.eventIds ?? []
      if (deletion?.listingIds.length !== 1 || listingId === undefined || announcementIds.length > 490) return undefined
      return { ...input, ...deletionTemplate({ pubkey: input.pubkey, listingId, eventId, announcementIds }, input.created_at) }
    },
  }),
]
