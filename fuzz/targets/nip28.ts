import { parseChannelDescription, writeChannelDescription } from '#shared/protocol/channelCreate.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { channelMetadataTemplate, hideMessageTemplate, muteUserTemplate, parseChannelMetadata, parseHiding } from '#shared/protocol/nip28.ts'
import { channelCreateEvent, channelId, VECTOR_SECS } from '../examples.ts'
import { eventTarget, jsonTarget, valueOf } from '../target.ts'

const description = { name: 'A market', about: 'of answers', picture: '', relays: ['wss://relay.example'] }
const metadata = { ...channelCreateEvent, ...channelMetadataTemplate(channelId, description, 'wss://relay.example', VECTOR_SECS) }
const hidings = [hideMessageTemplate(channelId, 'spam', VECTOR_SECS), muteUserTemplate(channelCreateEvent.pubkey, '', VECTOR_SECS)].map((template) => ({ ...channelCreateEvent, ...template }))

export const targets = [
  jsonTarget('channelCreate.parseChannelDescription', [channelCreateEvent.content, metadata.content], parseChannelDescription, {
    rewrite(output) {
      const read = valueOf(output)
      return read === undefined ? undefined : writeChannelDescription(read)
    },
  }),
  eventTarget('nip28.parseChannelMetadata', [metadata], parseChannelMetadata, {
    rewrite(output, input) {
      const update = valueOf(output)
      return update === undefined ? undefined : { ...input, ...channelMetadataTemplate(update.channelId, update, '', input.created_at) }
    },
  }),
  eventTarget('nip28.parseHiding', hidings, parseHiding, {
    rewrite(output, input) {
      const [eventId, otherId] = valueOf(output)?.eventIds ?? []
      const reason = valueOf(output)?.reason ?? ''
      return input.kind !== KIND.hideMessage || eventId === undefined || otherId !== undefined ? undefined : { ...input, ...hideMessageTemplate(eventId, reason, input.created_at) }
    },
  }),
]
