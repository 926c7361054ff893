/**
 * BOLT 11 invoices, read and written: the words of https://github.com/lightning/bolts/blob/master/11-payment-encoding.md.
 * Reading checks everything that the spec lets a reader check without a wallet: checksum, prefix, amount, fields,
 * required features and the payee's signature. Whether an invoice is expired is for the caller, who has a clock.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { bech32 } from '@scure/base'
import { isMsat, type Msat } from '../market/msat.ts'
import { invoicePrefix, networkOfInvoice, type Network } from '../market/network.ts'
import { fail, ok, type Problem, type Result } from '../market/result.ts'

/** An invoice as it reads, every part covered by the payee's signature. Times in Unix seconds, hex in lower case. */
export interface DecodedInvoice {
  /** The text itself in lower case, as it should be stored and compared. */
  readonly bolt11: string
  readonly network: Network
  /** Null when the payer may choose. */
  readonly amountMsat: Msat | null
  readonly paymentHash: string
  /** Empty when the invoice carries only a hash of it. Written by a stranger: text, never markup. */
  readonly description: string
  readonly descriptionHash: string | null
  readonly createdAt: number
  readonly expirySecs: number
  readonly expiresAt: number
  /** Blocks for which its payee may leave the payer's money locked (`min_final_cltv_expiry_delta`); payers add a few. */
  readonly minFinalCltvExpiry: number
  /** Compressed public key of the payee's node, 66 hex characters. */
  readonly payee: string
}

/** What goes into a new invoice. Hashes and secrets are 64 hex characters; times Unix seconds. */
export interface InvoiceContent {
  readonly network: Network
  readonly amountMsat: Msat | null
  readonly paymentHash: string
  readonly paymentSecret: string
  /** At most 639 bytes of UTF-8, the most that fits the field. */
  readonly description: string
  readonly createdAt: number
  readonly expirySecs: number
  /** Blocks; what BOLT 11 takes for granted by default. */
  readonly minFinalCltvExpiry?: number
}

/** Far above any real invoice (route hints make some of 1,000), and what the contract lets a page send. */
export const MAX_INVOICE_LENGTH = 4_096
export const MAX_DESCRIPTION_BYTES = 639
const DEFAULT_EXPIRY_SECS = 3_600
const TIMESTAMP_WORDS = 7
const SIGNATURE_WORDS = 104
const HASH_WORDS = 52
const NODE_ID_WORDS = 53
/** 35 bits, as the timestamp has: a thousand years, and sums stay far below 2^53. */
const MAX_NUMBER_WORDS = 7
const MIN_FINAL_CLTV_EXPIRY = 18
/** Even bits known for invoices (BOLT 9): var_onion_optin, payment_secret, basic_mpp, route_blinding, attribution_data, payment_metadata. */
const KNOWN_REQUIRED_FEATURES: ReadonlySet<number> = new Set([8, 14, 16, 24, 36, 48])
/** Bits 8 and 14 required: what a node that sets a payment secret must say. */
const WRITTEN_FEATURES = [16, 8, 0]
const FIELD = { paymentHash: 1, features: 5, expiry: 6, description: 13, paymentSecret: 16, payee: 19, descriptionHash: 23, minFinalCltv: 24 }

/** One BTC in tenths of an msat, and what each multiplier takes of it, largest unit first. */
const TENTHS_PER_UNIT: readonly (readonly [string, bigint])[] = [
  ['', 1_000_000_000_000n],
  ['m', 1_000_000_000n],
  ['u', 1_000_000n],
  ['n', 1_000n],
  ['p', 1n],
]

type InvoiceProblem = Problem<'invalid-invoice'>

/** Reads an invoice from anyone. The problem says what is wrong with it, for a person. */
export function decodeInvoice(text: string): Result<DecodedInvoice, InvoiceProblem> {
  if (text.length > MAX_INVOICE_LENGTH) return refuse(`it is longer than ${MAX_INVOICE_LENGTH} characters`)
  const network = networkOfInvoice(text)
  if (network === null) return refuse('it does not start like one (lnbc, lntb, lntbs or lnbcrt)')
  const raw = bech32.decodeUnsafe(text, false)
  if (raw === undefined) return refuse('its checksum does not match; it may be cut off or mistyped')
  if (raw.words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS) return refuse('it is too short')

  const amount = decodeAmount(raw.prefix.slice(invoicePrefix(network).length))
  if (!amount.ok) return amount
  const signed = raw.words.slice(0, -SIGNATURE_WORDS)
  const fields = decodeFields(signed.slice(TIMESTAMP_WORDS))
  if (!fields.ok) return fields
  const payee = checkSignature(raw.prefix, signed, wordsToBytes(raw.words.slice(-SIGNATURE_WORDS)), fields.value.payee)
  if (payee === null) return refuse('its signature is not valid')

  const createdAt = wordsToNumber(signed.slice(0, TIMESTAMP_WORDS))
  const { paymentHash, description, descriptionHash, expirySecs, minFinalCltvExpiry } = fields.value
  return ok({
    bolt11: text.toLowerCase(),
    network,
    amountMsat: amount.value,
    paymentHash,
    description,
    descriptionHash,
    createdAt,
    expirySecs,
    expiresAt: createdAt + expirySecs,
    minFinalCltvExpiry,
    payee,
  })
}

/** Writes an invoice and signs it with a node's key. Throws RangeError for content that no invoice can hold. */
export function encodeInvoice(content: InvoiceContent, secretKey: Uint8Array): string {
  const description = utf8ToBytes(content.description)
  if (description.length > MAX_DESCRIPTION_BYTES) throw new RangeError(`a description of ${description.length} bytes does not fit`)
  const prefix = invoicePrefix(content.network) + encodeAmount(content.amountMsat)
  const words = [
    ...numberToWords(content.createdAt, TIMESTAMP_WORDS),
    ...encodeField(FIELD.paymentHash, bech32.toWords(hexToBytes(content.paymentHash))),
    ...encodeField(FIELD.paymentSecret, bech32.toWords(hexToBytes(content.paymentSecret))),
    ...encodeField(FIELD.description, bech32.toWords(description)),
    ...encodeField(FIELD.expiry, numberToWords(content.expirySecs)),
    ...encodeField(FIELD.minFinalCltv, numberToWords(content.minFinalCltvExpiry ?? MIN_FINAL_CLTV_EXPIRY)),
    ...encodeField(FIELD.features, WRITTEN_FEATURES),
  ]
  // noble puts the recovery id first; BOLT 11 wants it last.
  const signature = secp256k1.sign(signedBytes(prefix, words), secretKey, { format: 'recovered' })
  const signatureWords = bech32.toWords(concatBytes(signature.subarray(1), signature.subarray(0, 1)))
  return bech32.encode(prefix, [...words, ...signatureWords], false)
}

function refuse(reason: string): { readonly ok: false; readonly error: InvoiceProblem } {
  return fail('invalid-invoice', `This is not a valid Lightning invoice: ${reason}.`)
}

function decodeAmount(text: string): Result<Msat | null, InvoiceProblem> {
  if (text === '') return ok(null)
  const match = /^([1-9]\d{0,17})([munp]?)$/.exec(text)
  const unit = TENTHS_PER_UNIT.find(([letter]) => letter === match?.[2])
  if (!match || !unit) return refuse(`"${text.slice(0, 30)}" is not an amount`)
  const tenths = BigInt(match[1] ?? '') * unit[1]
  if (tenths % 10n !== 0n) return refuse('its amount is not a whole number of msat')
  const amount = Number(tenths / 10n)
  return isMsat(amount) ? ok(amount) : refuse('its amount is larger than Souk handles')
}

/** The shortest form: the largest unit that leaves a whole number. */
function encodeAmount(amount: Msat | null): string {
  if (amount === null) return ''
  if (amount === 0) throw new RangeError('an invoice over nothing: leave the amount out instead')
  const tenths = BigInt(amount) * 10n
  const unit = TENTHS_PER_UNIT.find(([, size]) => tenths % size === 0n)
  return unit === undefined ? '' : `${tenths / unit[1]}${unit[0]}`
}

interface Fields {
  readonly paymentHash: string
  readonly description: string
  readonly descriptionHash: string | null
  readonly expirySecs: number
  readonly minFinalCltvExpiry: number
  readonly payee: string | null
}

/**
 * Unknown fields, and hashes and keys of another length, are skipped, as the spec's example "including fields which must
 * be ignored" asks; of a repeated field the first counts.
 */
function decodeFields(words: readonly number[]): Result<Fields, InvoiceProblem> {
  const found = new Map<number, readonly number[]>()
  for (let at = 0; at < words.length; ) {
    const type = words[at] ?? 0
    const length = wordsToNumber(words.slice(at + 1, at + 3))
    const data = words.slice(at + 3, at + 3 + length)
    if (at + 3 > words.length || data.length < length) return refuse('one of its fields is cut off')
    if (hasKnownLength(type, length) && !found.has(type)) found.set(type, data)
    at += 3 + length
  }
  const hex = (type: number) => {
    const data = found.get(type)
    return data === undefined ? null : bytesToHex(wordsToBytes(data))
  }
  const paymentHash = hex(FIELD.paymentHash)
  if (paymentHash === null) return refuse('it has no payment hash')
  if (!found.has(FIELD.paymentSecret)) return refuse('it has no payment secret')
  if (found.has(FIELD.description) === found.has(FIELD.descriptionHash)) return refuse('it must have a description or the hash of one')
  const unknown = requiredFeatures(found.get(FIELD.features) ?? []).find((bit) => !KNOWN_REQUIRED_FEATURES.has(bit))
  if (unknown !== undefined) return refuse(`it requires feature ${unknown}, which is not known here`)
  const expiry = found.get(FIELD.expiry)
  if (expiry !== undefined && expiry.length > MAX_NUMBER_WORDS) return refuse('its expiry is out of range')
  const finalCltv = found.get(FIELD.minFinalCltv)
  if (finalCltv !== undefined && finalCltv.length > MAX_NUMBER_WORDS) return refuse('the time that its payee may hold money for is out of range')
  return ok({
    paymentHash,
    description: new TextDecoder().decode(wordsToBytes(found.get(FIELD.description) ?? [])),
    descriptionHash: hex(FIELD.descriptionHash),
    expirySecs: expiry === undefined ? DEFAULT_EXPIRY_SECS : wordsToNumber(expiry),
    minFinalCltvExpiry: finalCltv === undefined ? MIN_FINAL_CLTV_EXPIRY : wordsToNumber(finalCltv),
    payee: hex(FIELD.payee),
  })
}

function hasKnownLength(type: number, length: number): boolean {
  if (type === FIELD.payee) return length === NODE_ID_WORDS
  if (type === FIELD.paymentHash || type === FIELD.descriptionHash || type === FIELD.paymentSecret) return length === HASH_WORDS
  return true
}

function encodeField(type: number, data: readonly number[]): number[] {
  return [type, ...numberToWords(data.length, 2), ...data]
}

/** The even bits that are set; bit 0 is the least significant of the last word. */
function requiredFeatures(words: readonly number[]): number[] {
  return words.flatMap((word, index) => {
    const lowest = (words.length - 1 - index) * 5
    return [0, 1, 2, 3, 4].filter((bit) => ((word >> bit) & 1) === 1).map((bit) => lowest + bit)
  }).filter((bit) => bit % 2 === 0)
}

/** The payee's key: the one named when it signed this, else the one recovered; null when the signature is not valid. */
function checkSignature(prefix: string, signed: readonly number[], signature: Uint8Array, named: string | null): string | null {
  const message = signedBytes(prefix, signed)
  const compact = signature.subarray(0, 64)
  try {
    // A named key demands low-S; recovery accepts both forms.
    if (named !== null) return secp256k1.verify(compact, message, hexToBytes(named)) ? named : null
    return bytesToHex(secp256k1.recoverPublicKey(concatBytes(signature.subarray(64), compact), message))
  } catch {
    return null // r, s, the recovery id or the named key is no member of the curve
  }
}

function signedBytes(prefix: string, words: readonly number[]): Uint8Array {
  return concatBytes(utf8ToBytes(prefix), wordsToBytes(words, 'pad'))
}

/** 5-bit words as bytes; bits that fill no byte are dropped, or with `pad` completed by zeros. */
function wordsToBytes(words: readonly number[], tail: 'drop' | 'pad' = 'drop'): Uint8Array {
  const bytes: number[] = []
  let value = 0
  let bits = 0
  for (const word of words) {
    value = ((value << 5) | word) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >> bits) & 0xff)
    }
  }
  if (tail === 'pad' && bits > 0) bytes.push((value << (8 - bits)) & 0xff)
  return Uint8Array.from(bytes)
}

function wordsToNumber(words: readonly number[]): number {
  return words.reduce((value, word) => value * 32 + word, 0)
}

/** Big-endian, in `length` words, or in as few as it takes. */
function numberToWords(value: number, length?: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number: ${value}`)
  const words: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) words.unshift(rest % 32)
  if (length === undefined) return words
  if (words.length > length) throw new RangeError(`${value} does not fit ${length * 5} bits`)
  return [...Array<number>(length - words.length).fill(0), ...words]
}
