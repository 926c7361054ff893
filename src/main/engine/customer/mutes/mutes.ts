/** Whom one does not want to see: decided here at once, published for one's other programs, and read from what they publish. */
import { fail, ok, type Result } from '#shared/market/result.ts'
import { MAX_MESSAGE_AHEAD_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { muteUserTemplate, parseHiding, unmuteUserTemplate } from '#shared/protocol/nip28.ts'
import { muteListTemplate, parseMuteList, writePrivateTags } from '#shared/protocol/nip51.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { PublishReport, RelayPool, Subscription } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock, Log } from '../../ports.ts'
import { createSignal, type Signal } from '../../signal.ts'
import type { SettingStore } from '../../store/settings.ts'
import { decideMute, decideUnmute, dropFulfilled, EMPTY_RECORD, fits, isNewer, listToPublish, mutedByList, muteRecordSchema, rememberOwn, settle, takeVersion, type MuteRecord } from './muteBook.ts'

export interface MutesOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  /** Of the same key. */
  readonly cipher: Cipher
  readonly clock: Clock
  readonly log: Log
  readonly store: SettingStore
  /** Whether relays may see one's key. While they may not, nothing is read or published, and what is decided holds here. */
  readonly mayShowKey: Signal<boolean>
}

export interface MutedAuthor {
  readonly pubkey: string
  /** As it was called when it was muted here; empty for one that was muted elsewhere. */
  readonly name: string
  /** Unix milliseconds; null for one that was muted elsewhere. */
  readonly mutedAt: number | null
  /** Whether everybody can read that it is muted (kind 44). */
  readonly publicly: boolean
}

export interface MutesStatus {
  /** `unsaved`: it holds here, and on no relay yet. `unreadable`: it holds here alone, for as long as the list out there cannot be read. */
  readonly state: 'reading' | 'saved' | 'unsaved' | 'unreadable'
  /** For a person; null when all is well. */
  readonly problem: string | null
}

export interface Mutes {
  /** By hex public key. */
  readonly muted: Signal<ReadonlyMap<string, MutedAuthor>>
  readonly status: Signal<MutesStatus>
  isMuted(pubkey: string): boolean
  /** Whether a message (hex id) is hidden by one's own kind 43. */
  isHidden(eventId: string): boolean
  /** Holds from now on. `publicly` also says so in a kind 44, which everybody can read. Problems: `own-key`, `list-full`. */
  mute(pubkey: string, name: string, publicly?: boolean): Result<null>
  /** Problem: `not-muted`. */
  unmute(pubkey: string): Result<null>
  /** Resolves when everything decided is published, or cannot be for now, or at the timeout. */
  flush(timeoutMs: number): Promise<void>
  close(): void
}

const STORE_KEY = 'mutes'
const READ_EVENTS = 500
const MAX_HIDDEN = 5_000
/** Versions published one after the other before it is left for later. */
const MAX_ROUNDS = 5
/** After a relay did not take it. Every reconnection tries again too. */
const RETRY_MS = 60_000
const UNSHOWN = 'While you only buy, Souk shows your key to no relay: your mute list is on this computer, and reaches your other programs when you sell.'
const UNREADABLE = 'Your mute list on the relays was written by a program whose encryption Souk cannot read. It is left as it is, and what you mute holds on this computer alone.'

export function createMutes({ pool, signer, cipher, clock, log, store, mayShowKey }: MutesOptions): Mutes {
  let record: MuteRecord = store.read(STORE_KEY, muteRecordSchema) ?? EMPTY_RECORD
  /** Own kinds 44, by id. */
  const publicMutes = new Map<string, { readonly pubkeys: readonly string[]; readonly createdAt: number }>()
  const hidden = new Set<string>()
  const muted = createSignal<ReadonlyMap<string, MutedAuthor>>(listMuted())
  const status = createSignal<MutesStatus>({ state: 'reading', problem: null })
  const waiting = new Set<() => void>()
  let unreadable: { readonly eventId: string; readonly createdAt: number } | null = null
  let hasRead = false
  let isUnanswered = false
  let publishing: Promise<void> | null = null
  let lastProblem: string | null = null
  /** Public events that are on their way, and what became of the last one when nobody took it. */
  const saying = new Set<Promise<void>>()
  let unsaid: string | null = null
  let cancelRetry: (() => void) | null = null
  let closed = false

  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const canPublish = () => !closed && hasRead && mayShowKey.get() && unreadable === null
  const isConnected = () => Object.values(pool.status.get()).some(({ state }) => state === 'connected')

  function listMuted(): ReadonlyMap<string, MutedAuthor> {
    const publicly = new Set<string>()
    for (const { pubkeys, createdAt } of publicMutes.values()) for (const pubkey of pubkeys) if (createdAt > (record.takenBack[pubkey] ?? -1)) publicly.add(pubkey)
    const keys = new Set([...mutedByList(record), ...publicly])
    keys.delete(signer.pubkey)
    return new Map([...keys].map((pubkey) => [pubkey, { pubkey, name: record.notes[pubkey]?.name ?? '', mutedAt: record.notes[pubkey]?.mutedAt ?? null, publicly: publicly.has(pubkey) }]))
  }

  function keep(next: MuteRecord): void {
    if (next === record) return
    store.write(STORE_KEY, next)
    record = next
  }

  function change(next: MuteRecord): void {
    keep(next)
    muted.set(listMuted())
    void publish()
  }

  function showStatus(): void {
    const isOut = listToPublish(record) === null
    if (!mayShowKey.get()) status.set({ state: isOut ? 'saved' : 'unsaved', problem: unsaid ?? (isOut ? null : UNSHOWN) })
    else if (unreadable !== null) status.set({ state: 'unreadable', problem: UNREADABLE })
    else if (!hasRead) status.set({ state: 'reading', problem: null })
    else status.set({ state: isOut ? 'saved' : 'unsaved', problem: (isOut ? null : lastProblem) ?? unsaid })
    const isOver = publishing === null && (isOut || unreadable !== null || lastProblem !== null || !mayShowKey.get())
    if (isOver && saying.size === 0) for (const finish of waiting) finish()
  }

  function takeEvent(event: NostrEvent): void {
    if (closed || event.pubkey !== signer.pubkey || event.created_at > nowSecs() + MAX_MESSAGE_AHEAD_SECS) return
    if (event.kind === KIND.muteList) takeList(event)
    else takeHiding(event)
  }

  function takeList(event: NostrEvent): void {
    const version = { eventId: event.id, createdAt: event.created_at }
    const list = parseMuteList(event, (content) => cipher.decrypt(signer.pubkey, content))
    if (list.ok) {
      if (unreadable !== null && isNewer(version, unreadable)) unreadable = null
      change(takeVersion(record, { ...version, list: list.value }))
    } else if (isNewer(version, record) && (unreadable === null || isNewer(version, unreadable))) {
      log('warn', 'The own mute list cannot be read.', { reason: list.error.code })
      unreadable = version
    }
    showStatus()
  }

  function takeHiding(event: NostrEvent): void {
    const hiding = parseHiding(event)
    if (!hiding.ok || publicMutes.size >= MAX_HIDDEN) return
    for (const id of hiding.value.eventIds) if (hidden.size < MAX_HIDDEN) hidden.add(id)
    if (event.kind === KIND.muteUser) publicMutes.set(event.id, hiding.value)
    muted.set(listMuted())
  }

  /** One at a time; what is decided meanwhile goes out next. Never over a list that was not read. */
  function publish(): Promise<void> {
    publishing ??= publishAll().catch(giveUp).finally(() => {
      publishing = null
      // Decided in the moment between the last look and now.
      if (canPublish() && lastProblem === null && listToPublish(dropFulfilled(record)) !== null) void publish()
      showStatus()
    })
    return publishing
  }

  /** What stays is the store: a relay's refusal is a value. */
  function giveUp(error: unknown): void {
    log('error', 'The mute list could not be kept.', { reason: error instanceof Error ? error.message : String(error) })
    lastProblem = 'The store takes no writes, so your mute list is not kept. Check the disk.'
    if (!closed) planRetry()
  }

  async function publishAll(): Promise<void> {
    lastProblem = null
    for (let round = 0; canPublish(); round += 1) {
      const before = dropFulfilled(record)
      const list = listToPublish(before)
      if (list === null) {
        keep(before)
        return
      }
      lastProblem = round < MAX_ROUNDS ? await publishList(before, list) : 'Another program keeps changing your mute list. Souk tries again.'
      if (lastProblem !== null) {
        planRetry()
        return
      }
    }
  }

  async function publishList(before: MuteRecord, list: NonNullable<ReturnType<typeof listToPublish>>): Promise<string | null> {
    if (!fits(list)) return 'Your mute list no longer fits into one message. Unmute somebody.'
    const encrypted = cipher.encrypt(signer.pubkey, writePrivateTags(list))
    if (!encrypted.ok) return encrypted.error.message
    // In the second of the version that it replaces, the lower id would count, which may be the other one.
    const template = await worked(muteListTemplate(list.publicTags, encrypted.value, Math.max(nowSecs(), before.createdAt + 1)))
    if (closed) return null
    const event = signer.sign(template)
    keep(rememberOwn(record, event.id))
    const report = await pool.publish(event)
    if (closed) return null
    if (!report.accepted) return describeRefusal(report)
    keep(settle(record, before, { eventId: event.id, createdAt: event.created_at, list }))
    return null
  }

  const worked: (template: Parameters<RelayPool['addWork']>[0]) => ReturnType<RelayPool['addWork']> = (template) =>
    pool.powBits() === 0 ? Promise.resolve(template) : pool.addWork(template, signer.pubkey)

  /** What everybody is to read is said whoever may see the key: a person asked for it. */
  function say(template: Parameters<RelayPool['addWork']>[0]): void {
    unsaid = null
    const said = sayNow(template).finally(() => {
      saying.delete(said)
      showStatus()
    })
    saying.add(said)
  }

  async function sayNow(template: Parameters<RelayPool['addWork']>[0]): Promise<void> {
    const event = signer.sign(await worked(template))
    if (closed) return
    takeEvent(event)
    const report = await pool.publish(event)
    if (!report.accepted) unsaid = 'No relay took what everybody was to read of it, so it holds for you alone. Mute it once more when a relay can be reached.'
  }

  function planRetry(): void {
    cancelRetry?.()
    cancelRetry = clock.after(RETRY_MS, () => void publish())
  }

  function read(): Subscription {
    const filters = [
      { kinds: [KIND.muteList], authors: [signer.pubkey], limit: 10 },
      { kinds: [KIND.hideMessage, KIND.muteUser], authors: [signer.pubkey], limit: READ_EVENTS },
    ]
    return pool.subscribe(filters, {
      onEvent: takeEvent,
      onEose() {
        // Silence is no answer where there is nobody to ask.
        isUnanswered = !isConnected()
        if (closed || isUnanswered) return
        hasRead = true
        void publish()
      },
    })
  }

  let reader = mayShowKey.get() ? read() : null
  showStatus()
  const forgetShowing = mayShowKey.subscribe(() => {
    reader?.close()
    reader = mayShowKey.get() && !closed ? read() : null
    hasRead = false
    showStatus()
  })
  const forgetPool = pool.status.subscribe(() => {
    if (closed || reader === null || !isConnected()) return
    if (isUnanswered) {
      isUnanswered = false
      reader.close()
      reader = read()
    } else if (lastProblem !== null && publishing === null) void publish()
  })

  return {
    muted,
    status,
    isMuted: (pubkey) => muted.get().has(pubkey),
    isHidden: (eventId) => hidden.has(eventId),
    mute(pubkey, name, publicly = false) {
      if (pubkey === signer.pubkey) return fail('own-key', 'This is your own key. You cannot mute yourself.')
      const decided = decideMute(record, pubkey, name, clock.now())
      if (!decided.ok) return decided
      change(decided.value)
      if (publicly) say(muteUserTemplate(pubkey, '', Math.max(nowSecs(), (record.takenBack[pubkey] ?? 0) + 1)))
      showStatus()
      return ok(null)
    },
    unmute(pubkey) {
      if (!muted.get().has(pubkey)) return fail('not-muted', 'This key is not muted.')
      const told = [...publicMutes].filter(([, { pubkeys }]) => pubkeys.length === 1 && pubkeys[0] === pubkey).map(([id]) => id)
      change(decideUnmute(record, pubkey, clock.now()))
      for (const id of told) publicMutes.delete(id)
      if (told.length > 0) say(unmuteUserTemplate(told, nowSecs()))
      showStatus()
      return ok(null)
    },
    flush(timeoutMs) {
      return new Promise((resolve) => {
        const finish = () => {
          cancel()
          waiting.delete(finish)
          resolve()
        }
        const cancel = clock.after(timeoutMs, finish)
        waiting.add(finish)
        if (closed || (!mayShowKey.get() && saying.size === 0)) finish()
        else if (hasRead) void publish()
      })
    },
    close() {
      if (closed) return
      closed = true
      reader?.close()
      forgetShowing()
      forgetPool()
      cancelRetry?.()
      for (const finish of waiting) finish()
    },
  }
}

function describeRefusal({ verdicts }: PublishReport): string {
  const refusal = verdicts.find(({ verdict }) => verdict === 'refused') ?? verdicts[0]
  return refusal === undefined ? 'No relay is set, so your mute list is on this computer alone.' : `No relay took your mute list (${refusal.relay}: ${refusal.message || refusal.verdict}). Souk tries again.`
}
