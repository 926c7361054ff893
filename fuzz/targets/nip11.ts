import { parseRelayInformation } from '#shared/protocol/nip11.ts'
import { valueTarget } from '../target.ts'

const limitation = {
  max_message_length: 131_072, max_subscriptions: 64, max_filters: 16, max_limit: 500, max_subid_length: 64, max_event_tags: 2_000, max_content_length: 65_536, min_pow_difficulty: 0, auth_required: false,
  payment_required: 0, restricted_writes: true, created_at_lower_limit: 31_536_000, created_at_upper_limit: 900,
}

export const targets = [valueTarget('nip11.parseRelayInformation', [{ name: 'A relay', description: 'of ours', software: 'git+https://x', version: '1.0', supported_nips: [1, 9, 11, 42], limitation }], parseRelayInformation)]
