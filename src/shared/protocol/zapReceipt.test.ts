import * as fc from 'fast-check'
import { finalizeEvent, generateSecretKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'
import { parseZapReceipt } from './zapReceipt.ts'

const requestId = 'a'.repeat(64)
const request = finalizeEvent({ kind: 9734, created_at: 1, tags: [['e', requestId], ['e', 'short'], ['e', requestId], ['amount', '10000']], content: 'thanks' }, generateSecretKey())
const receipt = (description: string, kind = 9735) => finalizeEvent({ kind, created_at: 2, tags: [['p', 'x'], ['description', description]], content: '' }, generateSecretKey())
const codeOf = (description: string, kind?: number) => {
  const zap = parseZapReceipt(receipt(description, kind))
  return zap.ok ? 'read' : zap.error.code
}

test('a receipt says who asked to pay, and for what', () => {
  const zap = parseZapReceipt(receipt(JSON.stringify({ ...request, extra: 1 })))
  expect(zap).toMatchObject({ ok: true, value: { eventIds: [requestId], request: { id: request.id, pubkey: request.pubkey, sig: request.sig, content: 'thanks' } } })
})

test('what holds no request to pay is refused', () => {
  expect(codeOf(JSON.stringify(request), 7)).toBe('wrong-kind')
  expect(codeOf(JSON.stringify({ ...request, kind: 1 }))).toBe('no-request')
  expect(codeOf(JSON.stringify({ ...request, sig: 'x' }))).toBe('no-request')
  expect(codeOf(JSON.stringify({ ...request, tags: [['e', 5]] }))).toBe('no-request')
  expect(codeOf(JSON.stringify({ ...request, content: 'x'.repeat(20_000) }))).toBe('no-request')
  expect(codeOf('')).toBe('no-request')
  expect(codeOf(JSON.stringify({ ...request, tags: [] }))).toBe('no-event')
  expect(parseZapReceipt({ ...receipt('x'), tags: Array.from({ length: 201 }, () => ['p']) })).toMatchObject({ ok: false, error: { code: 'too-long' } })
})

const plain = receipt('x')
test('whatever arrives, reading never throws and never reaches a prototype', () => {
  fc.assert(
    fc.property(hostileJson([request]), hostileTags(['description', 'e', '__proto__']), (description, tags) => {
      const zap = parseZapReceipt({ ...plain, tags: [['description', description], ...tags] })
      if (zap.ok) expect(isUnpolluted(zap.value)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
