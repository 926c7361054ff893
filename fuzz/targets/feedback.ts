import { cancelTemplate, feedbackTemplate, parseCancel, parseFeedback } from '#shared/protocol/feedback.ts'
import { matchesAnyFilter, matchesFilter } from '#shared/protocol/filter.ts'
import { allEvents, eventsOfKind } from '../examples.ts'
import { eventTarget, valueOf } from '../target.ts'

const id = 'c'.repeat(64)
const filters = [{ ids: [id] }, { kinds: [42, 7000], '#e': [id, 'x'], since: 5 }, { '#p': [id], until: 2_000_000_000, limit: 0 }, { authors: [] }, { '#__proto__': [''] }]

export const targets = [
  eventTarget('feedback.parseFeedback', eventsOfKind(7_000), parseFeedback, {
    rewrite(output, input) {
      const feedback = valueOf(output)
      if (feedback === undefined || feedback.customerPubkey === null) return undefined
      const { requestId, customerPubkey, status, text, amountMsat, bolt11, content } = feedback
      // An invoice and what it is over go together in ours, and the content is nothing else.
      if (content !== (bolt11 ?? '') || (amountMsat === null) !== (bolt11 === null)) return undefined
      const invoice = amountMsat === null || bolt11 === null ? {} : { invoice: { amountMsat, bolt11 } }
      return { ...input, ...feedbackTemplate({ requestId, customerPubkey, status, text, ...invoice }, input.created_at) }
    },
  }),
  eventTarget('feedback.parseCancel', eventsOfKind(5), parseCancel, {
    rewrite(output, input) {
      const [requestId, more] = valueOf(output)?.requestIds ?? []
      return requestId === undefined || more !== undefined ? undefined : { ...input, ...cancelTemplate(requestId, input.created_at) }
    },
  }),
  eventTarget('filter.matchesFilter', allEvents, (event) => [matchesAnyFilter(filters, event), ...filters.map((filter) => matchesFilter(filter, event))]),
]
