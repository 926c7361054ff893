import { ok, fail, type Result } from '#shared/market/result.ts'

const MAX_CHARS = 4_096

/** The invoice in what a person pasted: without `lightning:`, spaces and capitals. What is something else says what it is. */
export function readInvoiceText(text: string): Result<string> {
  const compact = text.replaceAll(/\s+/g, '').replace(/^lightning:(\/\/)?/i, '')
  const lower = compact.toLowerCase()
  if (lower === '') return fail('empty', 'Paste an invoice: a text that starts with lnbc, lntb, lntbs or lnbcrt.')
  if (lower.length > MAX_CHARS) return fail('too-long', `This is longer than an invoice can be (${MAX_CHARS.toLocaleString('en-US')} characters).`)
  if (/^[^@]+@[^@]+\.[^@]+$/.test(lower)) return fail('address', 'This is an address, not an invoice. Ask its owner for an invoice over the amount.')
  if (lower.startsWith('lnurl')) return fail('lnurl', 'This is an LNURL, not an invoice. Ask for an invoice over the amount.')
  if (lower.startsWith('lno1')) return fail('offer', 'This is a BOLT 12 offer, which cannot be paid from here. Ask for an invoice.')
  if (/^(bc1|tb1|bcrt1|bitcoin:|[13][a-z0-9]{25,39}$)/.test(lower)) return fail('on-chain', 'This is an on-chain address. From here you pay Lightning invoices.')
  if (!/^ln(bcrt|bc|tbs|tb)[0-9a-z]+$/.test(lower)) return fail('not-invoice', 'This is not an invoice. One starts with lnbc, lntb, lntbs or lnbcrt.')
  return ok(lower)
}
