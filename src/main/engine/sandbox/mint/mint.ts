import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { NO_FAULTS } from '#shared/ipc/mintFaults.ts'
import { mintFaultsSchema, type MintFaults } from '#shared/ipc/settings.ts'
import { ok, type Result } from '#shared/market/result.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { NWC_METHODS, NWC_NOTIFICATIONS, nwcRequestSchema } from '#shared/protocol/nip47.ts'
import { safeParse } from '#shared/safeParse.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import { createRelayPool } from '../../nostr/pool.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../../ports.ts'
import { createSignal, type Signal } from '../../signal.ts'
import { openDatabase } from '../../store/database.ts'
import { createNip47Cipher } from '../../wallet/nip47Cipher.ts'
import { auditAccounts, createLedger, type MintAudit } from './ledger.ts'
import { createPayments } from './payments.ts'
import { MINT_MIGRATIONS } from './schema.ts'
import { createMintService, type Outgoing } from './service.ts'

/** The sandbox's wallet service: NIP-47 over a relay, play money underneath. */
export interface Mint {
  /** Hex public key to which clients send their requests. */
  readonly pubkey: string
  readonly faults: Signal<MintFaults>
  setFaults(faults: Partial<MintFaults>): void
  audit(): MintAudit
  /** Ends it; what is underway is on disk and goes on at the next start. Also closes the pool. */
  close(): Promise<void>
}

export interface MintOptions {
  /** Connected to the mint's relay; the mint closes it. */
  readonly pool: RelayPool
  readonly databasePath: string
  /** 32 bytes; also what the node key, which signs invoices, is derived from. */
  readonly secretKey: Uint8Array
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly crypto: NostrCrypto
}

const INFO_RETRY_MS = 2_000
/** Timers hold 31 bits; looking at the books once an hour costs nothing. */
const MAX_WAIT_MS = 3_600_000
/** What is due and cannot be written is tried again, not in a tight circle. */
const MIN_WAIT_MS = 50
const CONNECT_MS = 5_000
/** How long `reordered` gathers announcements before it makes them, the last one first. */
export const REORDERED_MS = 1_000

export type StartMintOptions = Omit<MintOptions, 'pool'> & { readonly relayUrl: string; readonly openWebSocket: OpenWebSocket }

/** Opens a mint on a relay, with a connection of its own. */
export function startMint({ relayUrl, openWebSocket, ...options }: StartMintOptions): Promise<Result<Mint>> {
  const { clock, random, log, crypto } = options
  const pool = createRelayPool({ clock, random, openWebSocket, crypto, log })
  pool.add(relayUrl)
  return openMint({ ...options, pool })
}

/** The same over any pool. */
export async function openMint({ pool, databasePath, secretKey, clock, random, log, crypto }: MintOptions): Promise<Result<Mint>> {
  const opened = openDatabase(databasePath, MINT_MIGRATIONS, clock.now())
  if (!opened.ok) {
    await pool.close()
    return opened
  }
  const { database, quarantined } = opened.value
  if (quarantined !== null) log('warn', 'The mint’s ledger was damaged and put aside; a new one begins', { quarantined })
  const ledger = createLedger(database)
  const payments = createPayments(ledger)
  const nodeKey = sha256(concatBytes(utf8ToBytes('souk sandbox mint node key'), secretKey))
  const service = createMintService({ ledger, payments, nodeKey, random })
  const signer = crypto.createSigner(secretKey)
  const cipher = createNip47Cipher(secretKey, random)
  const faults = createSignal<MintFaults>(NO_FAULTS)
  const timers = new Set<() => void>()
  let closed = false

  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const later = (delayMs: number, run: () => void) => {
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel)
      run()
    })
    timers.add(cancel)
    return cancel
  }

  const publish = async (kind: number, client: string, tags: readonly (readonly string[])[], body: string) => {
    const content = cipher.encrypt(client, body, 'nip44_v2')
    const event = signer.sign({ kind, created_at: nowSecs(), tags: [['p', client], ...tags], content })
    const { accepted } = await pool.publish(event)
    if (!accepted && !closed) log('warn', 'No relay took the mint’s message', { kind })
  }
  const announce = ({ client, body }: Outgoing['notifications'][number]) => void publish(KIND.walletNotification, client, [], body)
  let gathered: Outgoing['notifications'][number][] = []
  const announceGathered = () => {
    const announced = gathered.toReversed()
    gathered = []
    if (!closed && !faults.get().down) announced.forEach(announce)
  }
  const send = ({ answers, notifications }: Outgoing) => {
    const deliver = () => {
      const { down, messages } = faults.get()
      if (closed || down) return
      for (let time = 0; time < (messages === 'doubled' ? 2 : 1); time++) {
        for (const { eventId, client, body } of answers) void publish(KIND.walletResponse, client, [['e', eventId]], body)
        if (messages === 'ok' || messages === 'doubled') notifications.forEach(announce)
      }
      if (messages !== 'reordered') return
      if (gathered.length === 0 && notifications.length > 0) later(REORDERED_MS, announceGathered)
      gathered.push(...notifications)
    }
    const { delayMs } = faults.get()
    if (delayMs > 0) later(delayMs, deliver)
    else deliver()
  }

  /** A full disk must not end the process: the transaction is undone, and the client asks again. */
  const orNothing = <T>(run: () => T): T | undefined => {
    try {
      return run()
    } catch (error) {
      log('error', 'The mint could not write its ledger', { reason: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }

  let cancelDue = () => {}
  /** After every change: wakes when the next invoice expires or the next slow payment ends. */
  const scheduleDue = () => {
    cancelDue()
    const dueAt = payments.nextDueAt()
    if (closed || dueAt === null) return
    cancelDue = later(Math.min(Math.max(MIN_WAIT_MS, dueAt * 1_000 - clock.now()), MAX_WAIT_MS), applyDue)
  }
  const applyDue = () => {
    const outgoing = orNothing(() => service.applyDue(nowSecs()))
    if (outgoing !== undefined) send(outgoing)
    scheduleDue()
  }

  const answerError = (event: NostrEvent, code: 'NOT_IMPLEMENTED' | 'OTHER' | 'INTERNAL', method: string, message: string) =>
    send({ answers: [{ eventId: event.id, client: event.pubkey, body: JSON.stringify({ result_type: method, error: { code, message }, result: null }) }], notifications: [] })

  const onRequest = (event: NostrEvent) => {
    if (closed || faults.get().down || event.kind !== KIND.walletRequest) return
    let text: string
    try {
      text = cipher.decrypt(event.pubkey, event.content)
    } catch {
      log('debug', 'A wallet request could not be decrypted', { from: event.pubkey })
      return
    }
    const json = parseJson(text)
    const body = safeParse(nwcRequestSchema, json)
    if (!body.success) {
      const method = methodOf(json)
      const known = NWC_METHODS.some((name) => name === method)
      const issue = body.error.issues[0]
      const message = known ? `${issue?.path.join('.') ?? 'params'}: ${issue?.message ?? 'malformed'}` : 'This mint does not know this method.'
      answerError(event, known ? 'OTHER' : 'NOT_IMPLEMENTED', method, message)
      return
    }
    const tag = event.tags.find(([name]) => name === 'expiration')?.[1]
    const expiresAt = tag === undefined ? null : Number(tag)
    // An expiration that is no number is in the past: nobody meant the request to live for ever.
    const request = { eventId: event.id, client: event.pubkey, createdAt: event.created_at, expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt, body: body.data }
    const outgoing = orNothing(() => service.handle(request, nowSecs(), faults.get()))
    if (outgoing === undefined) answerError(event, 'INTERNAL', body.data.method, 'The mint could not write its ledger.')
    else if (outgoing === null) log('debug', 'A wallet request came too late and was not acted upon', { from: event.pubkey, method: body.data.method })
    else send(outgoing)
    scheduleDue()
  }

  const publishInfo = async (): Promise<void> => {
    const tags = [['encryption', 'nip44_v2'], ['notifications', NWC_NOTIFICATIONS.join(' ')]]
    const event = signer.sign({ kind: KIND.walletInfo, created_at: nowSecs(), tags, content: [...NWC_METHODS, 'notifications'].join(' ') })
    const { accepted } = await pool.publish(event)
    if (!accepted && !closed) later(INFO_RETRY_MS, () => void publishInfo())
  }

  const subscription = pool.subscribe([{ kinds: [KIND.walletRequest], '#p': [signer.pubkey] }], { onEvent: onRequest })
  applyDue()
  await pool.connected(CONNECT_MS)
  await publishInfo()

  return ok({
    pubkey: signer.pubkey,
    faults,
    setFaults: (change) => faults.set(mintFaultsSchema.parse({ ...faults.get(), ...change })),
    audit: () => auditAccounts(database),
    async close() {
      if (closed) return
      closed = true
      subscription.close()
      for (const cancel of timers) cancel()
      timers.clear()
      await pool.close()
      database.close()
    },
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function methodOf(json: unknown): string {
  return typeof json === 'object' && json !== null && 'method' in json && typeof json.method === 'string' ? json.method.slice(0, 100) : 'unknown'
}
