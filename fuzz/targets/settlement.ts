import { envelopeTemplate } from '#shared/protocol/envelope.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { noteAddress, parseSettlementNote, writeSettlementNote } from '#shared/protocol/settlementNote.ts'
import { channelCreateEvent, VECTOR_SECS } from '../examples.ts'
import { eventTarget, jsonTarget, valueOf } from '../target.ts'

const id = 'c'.repeat(64)
const note = (requestId: string, ciphertext: string) => envelopeTemplate({ kind: KIND.settlementNote, peer: id, requestId, ciphertext }, VECTOR_SECS)

export const targets = [
  jsonTarget('settlementNote.parseSettlementNote', [writeSettlementNote({ type: 'release', preimage: 'd'.repeat(64) }), writeSettlementNote({ type: 'refund', bolt11: 'lnbcrt100n1mock' }), writeSettlementNote({ type: 'receipt', receipt: { ...channelCreateEvent, kind: KIND.receipt, content: '' } })], parseSettlementNote, {
    rewrite(output) {
      const read = valueOf(output)
      return read === undefined ? undefined : writeSettlementNote(read)
    },
  }),
  eventTarget('settlementNote.noteAddress', [{ ...channelCreateEvent, ...note(id, 'x') }], noteAddress, {
    rewrite: (address, input) => (address === null ? undefined : { ...input, ...note(address.requestId, input.content), tags: note(address.requestId, '').tags.map((tag) => (tag[0] === 'p' ? ['p', address.peer] : tag)) }),
  }),
]
