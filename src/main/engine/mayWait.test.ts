import { describe, expect, it } from 'vitest'
import { purchaseMayWait, saleMayWait } from './mayWait.ts'

const happened = (...types: string[]) => types.map((type) => ({ type }))
const due = (...types: string[]) => types.map((type) => ({ key: type, type }))

describe('a sale', () => {
  it('need not be on disk with what is found again, where nothing follows but what stores first', () => {
    expect(saleMayWait(happened('requested'), due(), due('makeInvoice'))).toBe(true)
    expect(saleMayWait(happened('paid'), due('watch'), due('work', 'wake'))).toBe(true)
    expect(saleMayWait(happened('sent'), due('send'), due())).toBe(true)
    expect(saleMayWait(happened('generated'), due('work'), due('seal'))).toBe(true)
  })

  it.each(['invoiced', 'workBegun', 'tokensMade', 'released', 'claimed', 'refundAsked'])('is on disk with %s before anything follows', (type) => {
    expect(saleMayWait(happened(type), due(), due())).toBe(false)
    expect(saleMayWait(happened('sent', type), due(), due())).toBe(false)
  })

  it('is on disk before what it promises goes out, and while work goes on with it', () => {
    expect(saleMayWait(happened('requested', 'refused'), due(), due('send'))).toBe(false)
    expect(saleMayWait(happened('generated'), due('work'), due('send'))).toBe(false)
    expect(saleMayWait(happened('paid'), due('watch'), due('watch', 'claim'))).toBe(false)
    expect(saleMayWait(happened('paid'), due('work'), due('work'))).toBe(false)
  })
})

describe('a purchase', () => {
  it('need not be on disk with what it has said, where nothing new follows', () => {
    expect(purchaseMayWait(happened('sent'), due('listen', 'send'), due('listen'))).toBe(true)
    expect(purchaseMayWait(happened('sent'), due('send'), due('pay'))).toBe(false)
  })

  it.each(['asked', 'invoiceAccepted', 'payAsked', 'settled', 'resultReceived', 'lockIntended', 'claimInvoiced'])('is on disk with %s before anything follows', (type) => {
    expect(purchaseMayWait(happened(type), due(), due())).toBe(false)
  })
})
