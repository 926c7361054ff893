/** What an argument may be: each parser refuses with what would be right. */
import { InvalidArgumentError } from 'commander'
import { parseBackendUrl } from '#engine/inference/backendUrl.ts'
import { parseRelayAddress } from '#engine/nostr/relayAddress.ts'
import { parseSats, type Msat } from '#shared/market/msat.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'

export const wholeNumber = (least: number, most: number) => (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least || value > most) throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`)
  return value
}

/** Gathers an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

export function relayUrls(value: string, before: readonly string[] = []): readonly string[] {
  const parsed = parseRelayAddress(value)
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error.message)
  return [...before, parsed.value]
}

export function channelId(value: string): string {
  const id = value.trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(id)) throw new InvalidArgumentError('A channel is named by the 64 hex characters that `souk provider` prints.')
  return id
}

export function paymentHash(value: string): string {
  const hash = value.trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new InvalidArgumentError('A payment hash has 64 hex characters; `souk wallet history` lists them.')
  return hash
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
