/** Which transitions of a sale reach the disk with the next one (mayWait.ts), held against the machine: what is lost with them is done or found out again. */
import { describe, expect, it } from 'vitest'
import { saleMayWait } from '#engine/mayWait.ts'
import { saleMachine, type Sale, type SaleEffect, type SaleEvent } from '#engine/provider/sale.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { saleMessages } from './saleMessages.ts'

const WAITING: Readonly<Record<Settlement, readonly string[]>> = {
  prepay: ['requested', 'sent invoice', 'paymentClaimed', 'paid', 'sent result'],
  escrow: ['requested', 'sent invoice', 'lockAccepted', 'sent result', 'paid'],
  sealed: ['requested', 'generated', 'sent sealed', 'sent invoice', 'paid'],
  metered: ['requested', 'sent invoice', 'paymentClaimed', 'paid', 'sent result'],
}

/** That makes it known again, from the state before. */
function isFoundAgain(due: readonly SaleEffect[], event: SaleEvent, hash: string): boolean {
  if (event.type === 'sent') return due.some((effect) => effect.type === 'send' && effect.what === event.what && effect.index === event.index)
  if (event.type === 'paid' || event.type === 'lockAccepted') return due.some((effect) => (effect.type === 'watchPayment' || effect.type === 'claim') && effect.paymentHash === hash)
  if (event.type === 'generated') return due.some((effect) => effect.type === 'work')
  // Of a request nobody has heard anything: its customer asks again.
  return event.type === 'paymentClaimed' || event.type === 'requested'
}

describe.each(SETTLEMENTS)('a sale by %s', (settlement) => {
  const { messages } = saleMessages(settlement, 1)
  const hash = messages.flatMap((message) => (message.type === 'invoiceMade' ? [message.invoice.paymentHash] : []))[0] ?? ''

  it('waits for the disk except for what is done or found out again, and from what nothing follows that others see', () => {
    const waiting: string[] = []
    let sale: Sale = saleMachine.initial
    for (const message of messages) {
      const events = saleMachine.decide(sale, message)
      const before = saleMachine.due(sale)
      sale = events.reduce((state, event) => saleMachine.evolve(state, event), sale)
      const after = saleMachine.due(sale)
      if (!saleMayWait(events, before, after)) continue
      waiting.push(...events.map((event) => (event.type === 'sent' ? `sent ${event.what}` : event.type)))
      expect([message.type, events.filter((event) => !isFoundAgain(before, event, hash))]).toEqual([message.type, []])
      const begun = after.filter(({ key }) => !before.some((effect) => effect.key === key)).map(({ type }) => type)
      expect(['wake', 'work', 'seal', 'makeInvoice']).toEqual(expect.arrayContaining(begun))
    }
    expect(waiting).toEqual(WAITING[settlement])
  })

  it('waits for the disk with whatever it is told while the model is at work', () => {
    const working: SaleEffect = { key: 'work', type: 'work', request: {} as never, attempt: 1, notBefore: 0 }
    expect(saleMayWait([{ type: 'paid' }], [working], [working])).toBe(false)
    expect(saleMayWait([{ type: 'paid' }], [], [working])).toBe(true)
    expect(saleMayWait([{ type: 'tokensMade' }], [working], [])).toBe(false)
  })
})
