import { announcementTemplate, parseAnnouncement } from '#shared/protocol/announcement.ts'
import { parseChannelMessage, writeChannelMessage } from '#shared/protocol/channel.ts'
import { channelCreateTemplate, parseChannelCreate } from '#shared/protocol/channelCreate.ts'
import { announcementEvents, channelContents, channelCreateEvent, channelId, VECTOR_SECS } from '../examples.ts'
import { eventTarget, jsonTarget, valueOf } from '../target.ts'

export const targets = [
  jsonTarget('channel.parseChannelMessage', channelContents, parseChannelMessage, {
    rewrite(output) {
      const message = valueOf(output)
      return message === undefined ? undefined : withinEvent(writeChannelMessage(message))
    },
  }),
  eventTarget('channelCreate.parseChannelCreate', [channelCreateEvent], parseChannelCreate, {
    rewrite(output, input) {
      const channel = valueOf(output)
      if (channel === undefined) return undefined
      const content = withinEvent(channelCreateTemplate(channel, input.created_at).content)
      return content === undefined ? undefined : { ...input, content }
    },
  }),
  eventTarget('announcement.parseAnnouncement', announcementEvents, (event) => parseAnnouncement(event, channelId, VECTOR_SECS), {
    rewrite(output, input) {
      const offer = valueOf(output)
      const price = offer?.pricePerRequestMsat ?? null
      if (offer === undefined || price === null || offer.network === null) return undefined
      const { name, about, models, capabilities, relays, network } = offer
      const listing = { listingId: '', name, about, picture: '', priceMsat: price, models, capabilities, relays, network, channelId, sparkAddress: offer.sparkAddress ?? '', intervalSecs: 1 }
      return { ...input, ...announcementTemplate(listing, channelId, input.pubkey, input.created_at) }
    },
  }),
]

/** A lone surrogate is six characters when it is written: what no longer fits an event is nothing that we would send. */
function withinEvent(content: string): string | undefined {
  return content.length <= 65_536 ? content : undefined
}
