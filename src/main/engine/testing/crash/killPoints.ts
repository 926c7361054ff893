/**
 * The points at which a process may die: before and after every durable write of a job, every wallet call that moves or
 * looks for money, and every publish. Each name counts at its first passing alone: a later piece of text and a later look at
 * the wallet are written, asked and published from the same state as the first, so to die there is to die at the first.
 */
import type { EngineWraps } from '../../engine.ts'
import type { NostrEvent } from '../../nostr/relayPool.ts'
import type { StoredEvent } from '../../store/journal.ts'

export function createKillPoints(onPoint: (name: string) => void): EngineWraps {
  const passed = new Set<string>()
  const pass = (name: string) => {
    if (passed.has(name)) return
    passed.add(name)
    onPoint(name)
  }
  /** What the transaction under way appends; at most one entry. */
  const writing: string[] = []

  return {
    journal: (journal) => ({
      ...journal,
      transact(change) {
        writing.length = 0
        const value = journal.transact(() => {
          const changed = change()
          // Written and not yet committed.
          for (const name of writing) pass(`write ${name}: before`)
          return changed
        })
        for (const name of writing) pass(`write ${name}: after`)
        return value
      },
      append(role, jobId, from, events, record) {
        writing.push(nameEvents(events))
        journal.append(role, jobId, from, events, record)
      },
    }),
    wallet: (wallet) => ({
      ...wallet,
      async createInvoice(request) {
        pass('wallet createInvoice: before')
        const made = await wallet.createInvoice(request)
        pass('wallet createInvoice: after')
        return made
      },
      async createHoldInvoice(request) {
        pass('wallet createHoldInvoice: before')
        const made = await wallet.createHoldInvoice(request)
        pass('wallet createHoldInvoice: after')
        return made
      },
      async settleHold(preimage) {
        pass('wallet settleHold: before')
        const settled = await wallet.settleHold(preimage)
        pass('wallet settleHold: after')
        return settled
      },
      async cancelHold(paymentHash) {
        pass('wallet cancelHold: before')
        const cancelled = await wallet.cancelHold(paymentHash)
        pass('wallet cancelHold: after')
        return cancelled
      },
      async pay(request) {
        pass('wallet pay: before')
        const outcome = await wallet.pay(request)
        pass(`wallet pay: after, ${outcome.state}`)
        return outcome
      },
      async lookup(paymentHash, direction) {
        pass('wallet lookup: before')
        const found = await wallet.lookup(paymentHash, direction)
        pass(`wallet lookup: after, ${found.ok ? (found.value?.state ?? 'nothing') : 'no answer'}`)
        return found
      },
    }),
    pool: (pool) => ({
      ...pool,
      async publish(event, relays) {
        const name = nameMessage(event)
        pass(`publish ${name}: before`)
        const report = await pool.publish(event, relays)
        pass(`publish ${name}: after`)
        return report
      },
    }),
  }
}

function nameEvents(events: readonly StoredEvent[]): string {
  return events.map(({ body }) => `${textOf(body, 'type')}${textOf(body, 'what') === '' ? '' : ` ${textOf(body, 'what')}`}`).join(' + ')
}

function nameMessage(event: NostrEvent): string {
  if (event.kind !== 42) return `kind ${event.kind}`
  return textOf(JSON.parse(event.content), 'type')
}

function textOf(value: unknown, name: string): string {
  const found: unknown = typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
  return typeof found === 'string' ? found : ''
}
