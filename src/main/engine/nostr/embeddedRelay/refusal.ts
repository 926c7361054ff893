/** Why a relay says no: the machine-readable prefix of NIP-01 and NIP-42, then a sentence. */
export type RefusalPrefix = 'invalid' | 'pow' | 'blocked' | 'rate-limited' | 'restricted' | 'auth-required' | 'error'

export type Refusal = `${RefusalPrefix}: ${string}`
