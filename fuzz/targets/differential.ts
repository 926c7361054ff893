/**
 * Ours against nostr-tools: ids, signatures and NIP-44. The verdicts must be the same, but for the rules named here, by each of
 * which ours refuses what nostr-tools takes. What ours takes and nostr-tools refuses is always a fault.
 */
import { getConversationKey, decrypt as theirDecrypt, encrypt as theirEncrypt } from 'nostr-tools/nip44'
import { finalizeEvent, getEventHash, verifyEvent } from 'nostr-tools/pure'
import { DEFAULT_PARSE_LIMITS, parseEvent } from '#engine/nostr/eventParsing.ts'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { createKeyAgreement } from '#engine/nostr/keyAgreement.ts'
import { decryptNip44, deriveConversationKey, encryptNip44, MAX_PLAINTEXT_BYTES } from '#engine/nostr/nip44.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { anyPair, anyPayload, anyPlaintext, type Pair, type Sealed, type Unsealed } from '../differential/encryption.ts'
import { PUBKEY, SECRET_KEY } from '../differential/signatures.ts'
import { anyWireEvent } from '../differential/verify.ts'
import { allEvents } from '../examples.ts'
import { changeEvent } from '../grammar/event.ts'
import type { FuzzTarget } from '../target.ts'

const crypto = await loadNostrCrypto()
const signer = crypto.createSigner(SECRET_KEY)

interface Agreement {
  readonly ok: boolean
  /** In which way they agree, or by which rule ours refuses. */
  readonly outcome: string
}

const isText = (input: unknown) => typeof input === 'string'

/** Throws where the verdicts differ, unless ours refuses by `rule`. A verdict is what comes out; false and null are refusals. */
export function agree(ours: unknown, theirs: unknown, rule: string | null): Agreement {
  if (ours === theirs) return ours === false || ours === null ? { ok: false, outcome: 'both refuse' } : { ok: true, outcome: 'both accept' }
  if ((ours === false || ours === null) && rule !== null) return { ok: false, outcome: `only ours refuses: ${rule}` }
  throw new Error(`ours says ${String(ours).slice(0, 40)}, nostr-tools ${String(theirs).slice(0, 40)}`)
}

/** Null where it throws. */
function attempt<Value>(run: () => Value): Value | null {
  try {
    return run()
  } catch {
    return null
  }
}

const verified: FuzzTarget<string> = {
  name: 'differential.verify',
  isUntimed: true,
  generate: anyWireEvent,
  accepts: isText,
  parse(text) {
    const parsed = parseEvent(readEvent(text), DEFAULT_PARSE_LIMITS)
    const ours = parsed.ok && crypto.verify(parsed.value)
    // The same without the parser between, which makes a fresh object: whatever else rides on it changes nothing.
    if (parsed.ok && crypto.verify(readEvent(text) as NostrEvent) !== ours) throw new Error('ours changes its mind for the same fields')
    const theirs = attempt(() => verifyEvent(readEvent(text) as NostrEvent & { tags: string[][] })) ?? false
    return agree(ours, theirs, theirs && !ours ? stricterThanTheirs(readEvent(text) as NostrEvent) : null)
  },
}

/** NIP-01 knows none of these; a relay that passes them on is no reason to show them. */
function stricterThanTheirs({ sig, kind, created_at: createdAt, tags, content }: NostrEvent): string | null {
  if (sig !== sig.toLowerCase()) return 'a signature in capitals'
  if (!Number.isSafeInteger(kind) || kind < 0 || kind > 65_535) return 'a kind that is no whole number below 65536'
  if (!Number.isSafeInteger(createdAt) || createdAt < 0) return 'a date that is no whole number, or before 1970'
  if (tags.some((tag) => tag.length === 0)) return 'an empty tag'
  const { maxTags, maxTagValues, maxContentChars } = DEFAULT_PARSE_LIMITS
  return tags.length > maxTags || tags.some((tag) => tag.length > maxTagValues) || content.length > maxContentChars ? 'more than a relay may send' : null
}

function readEvent(text: string): unknown {
  return attempt(() => JSON.parse(text) as unknown)
}

/** The id of every template; the signatures, which take milliseconds, of one in 20. */
const signed: FuzzTarget<EventTemplate & { readonly both: boolean }> = {
  name: 'differential.sign',
  isUntimed: true,
  generate(random) {
    const { kind, created_at, tags, content } = changeEvent(random, allEvents)
    return { kind, created_at, tags, content, both: random.oneIn(20) }
  },
  accepts: (input) => parseEvent({ ...(input as object), id: 'a'.repeat(64), pubkey: PUBKEY, sig: 'b'.repeat(128) }, DEFAULT_PARSE_LIMITS).ok,
  parse({ kind, created_at, tags, content, both }) {
    const template = () => ({ kind, created_at, tags: tags.map((tag) => [...tag]), content })
    const ours = signer.sign(template())
    if (ours.id !== getEventHash({ ...template(), pubkey: PUBKEY })) throw new Error('the ids differ')
    if (JSON.stringify({ ...ours, id: '', sig: '' }) !== JSON.stringify({ id: '', pubkey: PUBKEY, created_at, kind, tags, content, sig: '' })) throw new Error('ours changes what it signs')
    if (!both) return agree(crypto.verify(ours), true, null)
    const theirs = finalizeEvent(template(), SECRET_KEY)
    return agree(crypto.verify(theirs), verifyEvent({ ...ours, tags: template().tags }), null)
  },
}

const decrypted: FuzzTarget<Sealed> = {
  name: 'differential.decrypt',
  isUntimed: true,
  generate: anyPayload,
  accepts: (input) => isText((input as Sealed | null)?.payload) && /^[0-9a-f]{64}$/.test((input as Sealed).key),
  parse({ key, payload }) {
    const ours = decryptNip44(fromHex(key), payload)
    const theirs = attempt(() => theirDecrypt(payload, fromHex(key)))
    // Its decoder takes the mark of order for none of the text, and what is no UTF-8 for the sign of that.
    if (ours !== null && ours === `\ufeff${theirs}`) return { ok: true, outcome: 'both accept, nostr-tools without the leading U+FEFF' }
    if (ours === null && theirs?.includes('\ufffd') === true) return { ok: false, outcome: 'only ours refuses: what is no UTF-8' }
    return agree(ours, theirs, theirs !== null && Buffer.byteLength(theirs) > MAX_PLAINTEXT_BYTES ? 'more than 65,535 bytes' : null)
  },
}

const encrypted: FuzzTarget<Unsealed> = {
  name: 'differential.encrypt',
  isUntimed: true,
  generate: anyPlaintext,
  accepts: (input) => isText((input as Unsealed | null)?.text) && [(input as Unsealed).key, (input as Unsealed).nonce].every((hex) => /^[0-9a-f]{64}$/.test(hex)),
  parse({ key, nonce, text }) {
    const ours = attempt(() => encryptNip44(fromHex(key), fromHex(nonce), text))
    const theirs = attempt(() => theirEncrypt(text, fromHex(key), fromHex(nonce)))
    if (ours !== null && decryptNip44(fromHex(key), ours) !== text.toWellFormed()) throw new Error('another text comes back')
    return agree(ours, theirs, Buffer.byteLength(text) > MAX_PLAINTEXT_BYTES ? 'more than 65,535 bytes' : null)
  },
}

const shared: FuzzTarget<Pair> = {
  name: 'differential.conversationKey',
  isUntimed: true,
  generate: anyPair,
  accepts: (input) => isText((input as Pair | null)?.pubkey) && /^[0-9a-f]{64}$/.test((input as Pair).secret),
  parse({ secret, pubkey }) {
    const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    const ours = attempt(() => createKeyAgreement(fromHex(secret)).sharedX(pubkey))
    const theirs = attempt(() => toHex(getConversationKey(fromHex(secret), pubkey)))
    return agree(ours === null ? null : toHex(deriveConversationKey(ours)), theirs, /^[0-9a-f]{64}$/.test(pubkey) ? null : 'a key in capitals')
  },
}

export const targets: readonly FuzzTarget[] = [verified, signed, decrypted, encrypted, shared]

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
