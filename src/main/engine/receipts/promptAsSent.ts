/** What a customer asked, word for word as its provider read it: the signed request still says, earlier turns and all. */
import { z } from 'zod'
import { parseChannelMessage } from '#shared/protocol/channel.ts'
import { isEncrypted, openEnvelope } from '#shared/protocol/envelope.ts'
import { tagValues, type EventTemplate } from '#shared/protocol/event.ts'
import { parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { safeParse } from '#shared/safeParse.ts'
import type { Cipher } from '../nostr/cipher.ts'
import type { RecordedRequest } from './purchaseFacts.ts'

const routeSchema = z.object({ longPrompt: z.string().nullable().optional() })

/** `cipher`: of the key that asked. What cannot be read any more is what the person typed. */
export function promptAsSent({ event, dialect, route, prompt }: RecordedRequest, cipher: () => Pick<Cipher, 'decrypt'>): string {
  if (dialect === 'channel') {
    const message = parseChannelMessage(event.content)
    return message.ok && message.value.type === 'JobRequest' ? message.value.prompt : prompt
  }
  const opened = openRequest(event, cipher)
  if (opened === null) return prompt
  const job = parseJobRequest(opened)
  if (job.parts === null) return job.inputs.map(({ value }) => value).join('\n\n')
  const long = safeParse(routeSchema, route)
  return (long.success ? long.data.longPrompt : null) ?? prompt
}

function openRequest(event: RecordedRequest['event'], cipher: () => Pick<Cipher, 'decrypt'>): EventTemplate | null {
  if (!isEncrypted(event)) return event
  const text = cipher().decrypt(tagValues(event.tags, 'p')[0] ?? '', event.content)
  return text.ok ? openEnvelope(event, text.value) : null
}
