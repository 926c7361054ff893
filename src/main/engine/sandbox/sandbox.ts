import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import { formatConnection } from '#shared/protocol/nip47.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import { startEmbeddedRelay, type EmbeddedRelay } from '../nostr/embeddedRelay/embeddedRelay.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'
import { lockFolder, type FolderLock } from '../store/folderLock.ts'
import { startMint, type Mint } from './mint/mint.ts'
import { loadMintKey, mintDatabasePath, readNotice, relayDatabasePath, writeNotice, type Notice } from './sandboxFolder.ts'

export type SandboxRole = 'host' | 'guest'

/**
 * The sandbox as one Souk sees it. The first on a machine hosts the relay and the mint, the others are its guests; when
 * the host goes away, a guest takes its place on the same port, with the same books.
 */
export interface Sandbox {
  readonly role: Signal<SandboxRole>
  readonly folder: string
  readonly relayUrl: string
  readonly mintPubkey: string
  /** nostr+walletconnect://… for the wallet of that 32-byte key. A secret. */
  connectionFor(walletSecret: Uint8Array): string
  /** The mint, where it runs here. */
  mint(): Mint | null
  /** The key of the house seller, null when no host has opened one. */
  housePubkey(): string | null
  /** Host only: tells the guests. */
  announceHouse(pubkey: string): void
  close(): Promise<void>
}

export interface SandboxOptions {
  /** Belongs to the machine's user, not to one profile of Souk. */
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openWebSocket: OpenWebSocket
  readonly crypto: NostrCrypto
  /** The relay's port when this Souk is the first host ever; any free one by default. */
  readonly port?: number
  /** How often a guest looks whether the host is gone. */
  readonly takeoverIntervalMs?: number
}

export type SandboxProblem = Problem<'folder-unusable' | 'sandbox-unavailable'>

const TAKEOVER_INTERVAL_MS = 2_000
const JOIN_INTERVAL_MS = 100
const NOTICE_LIFE_MS = 1_000
/** A host that is starting opens its stores within this. */
const JOIN_TIMEOUT_MS = 15_000

interface Hosting {
  readonly notice: Notice
  readonly mint: Mint
  close(): Promise<void>
}

type Attempt = Result<Hosting, SandboxProblem> | 'taken'

/** Hosts or joins the sandbox of that folder. */
export async function joinSandbox(options: SandboxOptions): Promise<Result<Sandbox, SandboxProblem>> {
  const { folder, clock } = options
  const giveUpAt = clock.now() + JOIN_TIMEOUT_MS
  for (;;) {
    const attempt = await host(options, null)
    if (attempt !== 'taken') return attempt.ok ? ok(createSandbox(options, attempt.value, attempt.value.notice)) : attempt
    const notice = readNotice(folder)
    if (notice?.ready === true) return ok(createSandbox(options, null, notice))
    if (clock.now() >= giveUpAt) {
      return fail('sandbox-unavailable', `Another Souk holds the sandbox in ${folder} but does not open it. Close that one, or choose another folder.`)
    }
    await new Promise<void>((resolve) => void clock.after(JOIN_INTERVAL_MS, resolve))
  }
}

function createSandbox(options: SandboxOptions, first: Hosting | null, found: Notice): Sandbox {
  const { folder, clock, log, takeoverIntervalMs = TAKEOVER_INTERVAL_MS } = options
  const role = createSignal<SandboxRole>(first === null ? 'guest' : 'host')
  let hosting = first
  let notice = found
  let closed = false
  let cancelTimer = () => {}
  let takingOver: Promise<void> = Promise.resolve()
  let lastProblem: string | null = null
  let readAt = clock.now()

  /** A guest asks for the notice often and reads the file seldom. */
  const currentNotice = () => {
    if (hosting === null && clock.now() - readAt >= NOTICE_LIFE_MS) {
      notice = readNotice(folder) ?? notice
      readAt = clock.now()
    }
    return notice
  }
  const watchHost = () => {
    if (closed || hosting !== null) return
    cancelTimer = clock.after(takeoverIntervalMs, () => {
      takingOver = takeOver()
    })
  }
  const takeOver = async () => {
    notice = readNotice(folder) ?? notice
    // The port stays: everybody here is connected to it, or trying to be.
    const attempt = await host(options, portOf(notice.relayUrl))
    if (attempt !== 'taken' && attempt.ok) {
      hosting = attempt.value
      notice = attempt.value.notice
      if (!closed) {
        log('info', 'The host of the sandbox went away; this Souk takes its place')
        role.set('host')
      }
    } else if (attempt !== 'taken' && !attempt.ok && attempt.error.message !== lastProblem) {
      lastProblem = attempt.error.message
      log('warn', 'The sandbox has no host, and cannot be hosted here yet', { reason: attempt.error.message })
    }
    watchHost()
  }
  watchHost()

  return {
    role,
    folder,
    get relayUrl() {
      return notice.relayUrl
    },
    get mintPubkey() {
      return notice.mintPubkey
    },
    connectionFor: (walletSecret) =>
      formatConnection({ walletPubkey: notice.mintPubkey, relays: [notice.relayUrl], secret: Buffer.from(walletSecret).toString('hex') }),
    mint: () => hosting?.mint ?? null,
    housePubkey: () => currentNotice().housePubkey,
    announceHouse(pubkey) {
      if (hosting === null || closed) return
      notice = { ...notice, housePubkey: pubkey }
      writeNotice(folder, notice)
    },
    async close() {
      if (closed) return
      closed = true
      cancelTimer()
      await takingOver
      await hosting?.close()
    },
  }
}

/** Takes the folder, then opens relay and mint in it. `fixedPort` is tried alone; without one the last host's is tried first. */
async function host(options: SandboxOptions, fixedPort: number | null): Promise<Attempt> {
  const { folder, clock, random, log, openWebSocket, crypto } = options
  // A guest looks every two seconds whether the host is gone: waiting here would stop everything else it does for as long.
  const locked = lockFolder(folder, 0)
  if (!locked.ok) return locked.error.code === 'folder-in-use' ? 'taken' : fail('folder-unusable', locked.error.message)
  const opened: (() => Promise<void>)[] = [releaseOf(locked.value)]
  const closeAll = async () => {
    for (const close of opened.toReversed()) await close()
  }
  try {
    const last = readNotice(folder)
    if (last !== null) writeNotice(folder, { ...last, ready: false })
    const relay = await startRelay(options, fixedPort, last === null ? (options.port ?? 0) : portOf(last.relayUrl))
    opened.push(() => relay.close())
    const secretKey = loadMintKey(folder, random)
    const mint = await startMint({ relayUrl: relay.url, databasePath: mintDatabasePath(folder), secretKey, clock, random, log, openWebSocket, crypto })
    if (!mint.ok) {
      await closeAll()
      return fail('sandbox-unavailable', mint.error.message)
    }
    opened.push(() => mint.value.close())
    const notice: Notice = { relayUrl: relay.url, mintPubkey: mint.value.pubkey, housePubkey: last?.housePubkey ?? null, ready: true }
    writeNotice(folder, notice)
    return ok({ notice, mint: mint.value, close: closeAll })
  } catch (error) {
    await closeAll()
    return fail('sandbox-unavailable', `The sandbox cannot be opened in ${folder}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function startRelay({ folder, clock, log, crypto }: SandboxOptions, fixedPort: number | null, likelyPort: number): Promise<EmbeddedRelay> {
  const start = (port: number) => startEmbeddedRelay({ port, databasePath: relayDatabasePath(folder), clock, log, crypto })
  if (fixedPort !== null) return start(fixedPort)
  if (likelyPort === 0) return start(0)
  try {
    return await start(likelyPort)
  } catch (error) {
    // Somebody else's program may have the port by now; what is wrong otherwise is wrong on any port, and said then.
    log('info', 'The sandbox’s last port is not free; it takes another', { port: likelyPort, reason: error instanceof Error ? error.message : String(error) })
    return start(0)
  }
}

function releaseOf(lock: FolderLock): () => Promise<void> {
  return () => {
    lock.release()
    return Promise.resolve()
  }
}

function portOf(relayUrl: string): number {
  return Number(new URL(relayUrl).port)
}
