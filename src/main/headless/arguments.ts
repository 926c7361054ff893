/** What an argument may be: each parser refuses with what would be right. */
import { bech32 } from '@scure/base'
import { InvalidArgumentError } from 'commander'
import { parseBackendUrl } from '#engine/inference/backendUrl.ts'
import { parseRelayAddress } from '#engine/nostr/relayAddress.ts'
import { parseSats, type Msat } from '#shared/market/msat.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'

export const wholeNumber = (least: number, most: number) => (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least || value > most) throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`)
  return value
}

/** Gathers an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Gathers ways to settle, each once. */
export function settlementMode(value: string, before: readonly Settlement[] = []): readonly Settlement[] {
  const named = SETTLEMENTS.find((settlement) => settlement === value)
  if (named === undefined) throw new InvalidArgumentError(`Allowed choices are ${SETTLEMENTS.join(', ')}.`)
  return [...new Set([...before, named])]
}

export function relayUrls(value: string, before: readonly string[] = []): readonly string[] {
  const parsed = parseRelayAddress(value)
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error.message)
  return [...before, parsed.value]
}

export function channelId(value: string): string {
  const id = value.trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(id)) throw new InvalidArgumentError('A channel is named by the 64 hex characters that `souk provider` and `souk channel list` print.')
  return id
}

export function paymentHash(value: string): string {
  const hash = value.trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new InvalidArgumentError('A payment hash has 64 hex characters; `souk wallet history` lists them.')
  return hash
}

export function jobId(value: string): string {
  const id = value.trim().toLowerCase()
  if (!/^job_[0-9a-f]{16}$/.test(id)) throw new InvalidArgumentError('A job is named like job_0123456789abcdef; `souk receipt list` and `souk release` list them.')
  return id
}

export function ollamaUrl(value: string): string {
  const parsed = parseBackendUrl(value)
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error.message)
  return parsed.value
}

export function sellerName(value: string): string {
  const name = value.trim()
  if (name.length < 1 || name.length > 80) throw new InvalidArgumentError('A name has 1 to 80 characters.')
  return name
}

const MOST_NAME_CHARS = 80
const MOST_ABOUT_CHARS = 500

export function channelName(value: string): string {
  const name = value.trim()
  if (name.length < 1 || name.length > MOST_NAME_CHARS) throw new InvalidArgumentError(`A channel’s name has 1 to ${MOST_NAME_CHARS} characters.`)
  return name
}

export function channelAbout(value: string): string {
  const about = value.trim()
  if (about.length > MOST_ABOUT_CHARS) throw new InvalidArgumentError(`A description has at most ${MOST_ABOUT_CHARS} characters.`)
  return about
}

/** A public key in hex, whole or its start, or as an npub: in hex, whole or its start. */
export function publicKey(value: string): string {
  const text = value.trim().toLowerCase()
  const hex = text.startsWith('npub1') ? readNpub(text) : text
  if (hex === null || !/^[0-9a-f]{4,64}$/.test(hex)) throw new InvalidArgumentError('A key is an npub, 64 hex characters, or at least the first four of them.')
  return hex
}

function readNpub(text: string): string | null {
  const decoded = bech32.decodeUnsafe(text, 100)
  const bytes = decoded?.prefix === 'npub' ? bech32.fromWordsUnsafe(decoded.words) : undefined
  return bytes instanceof Uint8Array && bytes.length === 32 ? Buffer.from(bytes).toString('hex') : null
}

/** Sats as a person types them. */
export function satsAmount(value: string): Msat {
  const amount = parseSats(value)
  if (amount === null) throw new InvalidArgumentError('It takes an amount in sats with at most three decimals, like 21 or 0.5.')
  return amount
}

export function satsAboveZero(value: string): Msat {
  const amount = satsAmount(value)
  if (amount === 0) throw new InvalidArgumentError('It takes more than nothing.')
  return amount
}

/** A BOLT 11 invoice as people copy it, with or without `lightning:`. */
export function lightningInvoice(value: string): string {
  const bolt11 = value.trim().replace(/^lightning:/i, '').toLowerCase()
  const decoded = decodeInvoice(bolt11)
  if (!decoded.ok) throw new InvalidArgumentError(decoded.error.message)
  return bolt11
}
