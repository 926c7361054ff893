import { describe, expect, it } from 'vitest'
import { readInvoiceText } from './invoiceText.ts'

const codeOf = (text: string) => {
  const read = readInvoiceText(text)
  return read.ok ? read.value : read.error.code
}

describe('a pasted invoice', () => {
  it.each(['lnbcrt100n1pxyz', ' lnbcrt100n1pxyz\n', 'lightning:lnbcrt100n1pxyz', 'LIGHTNING://LNBCRT100N1PXYZ', 'lnbcrt100n1\n  pxyz'])('is read from %j', (text) => {
    expect(codeOf(text)).toBe('lnbcrt100n1pxyz')
  })

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['ada@example.org', 'address'],
    ['LNURL1DP68GURN8GHJ7', 'lnurl'],
    ['lno1pqpq', 'offer'],
    ['bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', 'on-chain'],
    ['bitcoin:bc1qxy?amount=1', 'on-chain'],
    ['1BoatSLRHtKNngkdXEeobR76b53LETtpyT', 'on-chain'],
    ['hello', 'not-invoice'],
    ['lnbc1<script>', 'not-invoice'],
    [`lnbc1${'q'.repeat(5_000)}`, 'too-long'],
  ])('%j is refused as %s', (text, code) => expect(codeOf(text)).toBe(code))
})
