import type { RelayLimits } from './limits.ts'

const SUPPORTED_NIPS = [1, 9, 11, 13, 40, 42]

/** NIP-11. */
export function informationDocument(limits: RelayLimits, isAuthRequired: boolean): Readonly<Record<string, unknown>> {
  return {
    name: 'Souk sandbox relay',
    description: 'The relay that Souk runs on this machine. It listens on loopback only.',
    software: 'souk',
    supported_nips: SUPPORTED_NIPS,
    limitation: {
      max_message_length: limits.maxMessageBytes,
      max_subscriptions: limits.maxSubscriptions,
      max_filters: limits.maxFilters,
      max_limit: limits.maxLimit,
      default_limit: limits.maxLimit,
      max_subid_length: limits.maxSubscriptionIdLength,
      max_event_tags: limits.maxTags,
      max_content_length: limits.maxEventBytes,
      created_at_upper_limit: limits.maxFutureSecs,
      min_pow_difficulty: limits.minPowBits,
      auth_required: isAuthRequired,
      payment_required: false,
      restricted_writes: isAuthRequired || limits.minPowBits > 0,
    },
  }
}
