import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRelayInformation } from './nip11.ts'

const NOTHING_SAID = {
  maxMessageBytes: null,
  maxSubscriptions: null,
  maxFilters: null,
  maxLimit: null,
  maxSubscriptionIdChars: null,
  maxTags: null,
  maxContentChars: null,
  minPowBits: 0,
  authRequired: false,
  paymentRequired: false,
  restrictedWrites: false,
  createdAtLowerSecs: null,
  createdAtUpperSecs: null,
}

test('a document as NIP-11 shows it', () => {
  const parsed = parseRelayInformation({
    name: 'a relay',
    description: 'for all',
    pubkey: 'not read',
    supported_nips: [1, 11, 42],
    software: 'git+https://relay.example',
    version: '1.2',
    limitation: {
      max_message_length: 16_384,
      max_subscriptions: 300,
      max_limit: 5_000,
      max_subid_length: 100,
      max_event_tags: 100,
      max_content_length: 8_196,
      min_pow_difficulty: 30,
      auth_required: true,
      payment_required: true,
      restricted_writes: true,
      created_at_lower_limit: 31_536_000,
      created_at_upper_limit: 3,
    },
  })
  expect(parsed).toEqual({
    name: 'a relay',
    description: 'for all',
    software: 'git+https://relay.example',
    version: '1.2',
    supportedNips: [1, 11, 42],
    limitation: {
      maxMessageBytes: 16_384,
      maxSubscriptions: 300,
      maxFilters: null,
      maxLimit: 5_000,
      maxSubscriptionIdChars: 100,
      maxTags: 100,
      maxContentChars: 8_196,
      minPowBits: 30,
      authRequired: true,
      paymentRequired: true,
      restrictedWrites: true,
      createdAtLowerSecs: 31_536_000,
      createdAtUpperSecs: 3,
    },
  })
})

test('what is missing or of the wrong type says nothing, and takes nothing else with it', () => {
  expect(parseRelayInformation({})?.limitation).toEqual(NOTHING_SAID)
  expect(parseRelayInformation({ limitation: 'none' })?.limitation).toEqual(NOTHING_SAID)
  const parsed = parseRelayInformation({
    name: 7,
    supported_nips: ['1', 2, 3.5, null],
    limitation: { max_message_length: '64k', max_event_tags: -1, max_content_length: 0, min_pow_difficulty: 1_000, auth_required: 'yes', payment_required: 1, max_filters: 4 },
  })
  expect(parsed).toMatchObject({ name: null, supportedNips: [2], limitation: { ...NOTHING_SAID, paymentRequired: true, maxFilters: 4 } })
})

test.each([null, 'text', 3, [], undefined])('%j is no document', (value) => {
  expect(parseRelayInformation(value)).toBeNull()
})

test('names are cut and stay on one line', () => {
  const parsed = parseRelayInformation({ name: `a\u202eb\n${'x'.repeat(500)}`, description: ' \n ' })
  expect(parsed?.name).toMatch(/^a b x{1,80}$/)
  expect(parsed?.name?.length).toBeLessThanOrEqual(80)
  expect(parsed?.description).toBeNull()
})

test('no value makes it throw', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (value, limitation) => {
      parseRelayInformation(value)
      parseRelayInformation({ name: value, supported_nips: value, limitation })
    }),
  )
})
