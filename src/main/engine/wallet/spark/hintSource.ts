/** Hints that a payment changed: from the SDK's events, and from what is new in its records after each `synced`. */
import type { SparkClient } from './sparkClient.ts'

export interface HintSource {
  watch(listener: (hint: { readonly paymentHash: string }) => void): () => void
  close(): void
}

/** So many of the newest payments are compared. */
const COMPARED = 100

export function createHintSource(client: SparkClient): HintSource {
  const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
  let known = new Map<string, string>()
  let isComparing = false
  const tell = (paymentHash: string) => {
    for (const listener of new Set(listeners)) listener({ paymentHash })
  }

  /** A lock that came, settled or returned makes no event here. */
  async function compare(): Promise<void> {
    if (isComparing || listeners.size === 0) return
    isComparing = true
    try {
      const reply = await client.call('list', { type: null, onlyWaitingLocks: false, limit: COMPARED, offset: 0 })
      if (reply.kind !== 'result') return
      const before = known
      known = new Map(reply.value.payments.map(({ id, type, status, htlcStatus }) => [`${type} ${id}`, `${status} ${htlcStatus}`]))
      const changed = reply.value.payments.filter(({ id, type, status, htlcStatus }) => before.get(`${type} ${id}`) !== `${status} ${htlcStatus}`)
      for (const paymentHash of new Set(changed.flatMap((payment) => payment.paymentHash ?? []))) tell(paymentHash)
    } finally {
      isComparing = false
    }
  }

  const forget = client.watch((event) => {
    if (event.type === 'payment' && event.paymentHash !== null) tell(event.paymentHash)
    if (event.type === 'synced') void compare()
  })
  return {
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      forget()
      listeners.clear()
    },
  }
}
