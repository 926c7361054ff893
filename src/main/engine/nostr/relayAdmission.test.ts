import { expect, test } from 'vitest'
import { parseRelayInformation } from '#shared/protocol/nip11.ts'
import { prepareOutgoing } from './outgoing.ts'
import { findObstacle, type AdmissionContext } from './relayAdmission.ts'
import { message, NOW_SECS } from './testing/poolHarness.ts'

const says = (limitation: Record<string, unknown>) => parseRelayInformation({ limitation })?.limitation ?? null
const judge = (event = message('x'), change: Partial<AdmissionContext> = {}) =>
  findObstacle(prepareOutgoing(event), { limits: null, powBits: 0, maxPowBits: 24, isGuest: false, nowSecs: NOW_SECS, ...change })

test('an ordinary event meets no obstacle, known relay or not', () => {
  expect(judge()).toBeNull()
  expect(judge(message('x'), { limits: says({}), isGuest: true })).toBeNull()
})

test('without a document the most used relay is the measure: 64 KiB a message', () => {
  const empty = prepareOutgoing(message('')).frameBytes
  expect(judge(message('x'.repeat(65_536 - empty)))).toBeNull()
  expect(judge(message('x'.repeat(65_537 - empty)))).toBe('invalid: the message is 65537 bytes, and this relay takes 65536')
})

test('the whole message is counted, in bytes of UTF-8, against what the relay says', () => {
  const empty = prepareOutgoing(message('')).frameBytes
  const limits = says({ max_message_length: empty + 8 })
  expect(judge(message('üüüü'), { limits })).toBeNull()
  expect(judge(message('üüüüx'), { limits })).toMatch(/^invalid: the message is \d+ bytes/)
  expect(judge(message('x'.repeat(100_000)), { limits: says({ max_message_length: 131_072 }) })).toBeNull()
})

test('the first value of a single-letter tag has 1024 bytes, in any other tag and place what it likes', () => {
  const long = 'ü'.repeat(513)
  expect(judge(message('', { tags: [['i', long]] }))).toMatch(/^invalid: the value of a 'i' tag/)
  expect(judge(message('', { tags: [['i', 'ü'.repeat(512)], ['i', 'x', long], ['request', long]] }))).toBeNull()
})

test('tags, characters and dates have the bounds that the relay names', () => {
  const limits = says({ max_event_tags: 2, max_content_length: 3, created_at_lower_limit: 60, created_at_upper_limit: 5 })
  expect(judge(message('abc', { tags: [['a'], ['b']], created_at: NOW_SECS - 60 }), { limits })).toBeNull()
  expect(judge(message('', { tags: [['a'], ['b'], ['c']] }), { limits })).toMatch(/^invalid: the event has 3 tags, and this relay takes 2/)
  expect(judge(message('abcd'), { limits })).toMatch(/^invalid: the content has 4 characters/)
  expect(judge(message('', { created_at: NOW_SECS - 61 }), { limits })).toMatch(/^invalid: created_at is more than the 60 seconds back/)
  expect(judge(message('', { created_at: NOW_SECS + 6 }), { limits })).toMatch(/^invalid: created_at is more than the 5 seconds ahead/)
})

test('work that is missing, or beyond all means, is an obstacle', () => {
  expect(judge(message('x'), { powBits: 200, maxPowBits: 256 })).toMatch(/^pow: this relay wants 200 bits of work, and the event has \d+$/)
  expect(judge(message('x'), { powBits: 25 })).toBe('pow: this relay wants 25 bits of work, and at most 24 are done here')
})

test('a relay that wants money is tried when it is on the list, and not when a stranger named it', () => {
  const limits = says({ payment_required: true })
  expect(judge(message('x'), { limits })).toBeNull()
  expect(judge(message('x'), { limits, isGuest: true })).toMatch(/^restricted: /)
})
