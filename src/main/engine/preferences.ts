/** What a person decided, read through schemas and kept in the store. */
import { z } from 'zod'
import { limitsSchema, MAX_RELAYS, relaySettingSchema, settingsSchema, type Limits, type RelaySetting, type Settings } from '#shared/ipc/settings.ts'
import { sats } from '#shared/market/msat.ts'
import { safeParse } from '#shared/safeParse.ts'
import type { BackendChoice } from './inference/chooseBackend.ts'
import { parseRelayAddress } from './nostr/relayAddress.ts'
import { createSignal, type Signal } from './signal.ts'
import type { SettingStore } from './store/settings.ts'

export interface Preferences {
  readonly settings: Signal<Settings>
  update(change: { [K in keyof Omit<Settings, 'limits'>]?: Settings[K] | undefined } & { limits?: { [K in keyof Limits]?: Limits[K] | undefined } | undefined }): void
  /** Whether a person has looked at the limits and saved them. */
  readonly limitsSet: Signal<boolean>
  readonly welcomed: Signal<boolean>
  finishWelcome(): void
  /** The stored choice of backend, unless the caller was told another one. */
  backend(told: BackendChoice | undefined, defaultUrl: string): { readonly choice: BackendChoice; readonly url: string }
  chooseBackend(choice: BackendChoice, url: string): void
  /** The port that the page was served on last: browsers keep what they remember of a page by its port. */
  pagePort(): number | null
  keepPagePort(port: number): void
}

export const DEFAULT_LIMITS: Limits = {
  perJobMsat: sats(100),
  perDayMsat: sats(5_000),
  perProviderDayMsat: sats(2_000),
  newProviderMsat: sats(100),
  maxPendingMsat: sats(5_000),
  maxPendingPayments: 100,
  confirmAboveMsat: sats(500),
  maxFeePermille: 10,
  invoiceTimeoutSecs: 20,
  answerTimeoutSecs: 180,
  maxTokens: 1_024,
}

const SETTINGS_KEY = 'settings'
const LIMITS_SET_KEY = 'limits.set'
const WELCOMED_KEY = 'welcomed'
const BACKEND_KEY = 'backend'
const PAGE_PORT_KEY = 'page.port'
const backendSchema = z.object({ choice: z.enum(['auto', 'ollama', 'toy']), url: z.string().max(300) })
/** Each setting on its own: one that cannot be read takes none of the others with it. */
const themeOnly = settingsSchema.pick({ theme: true })
const settlingOnly = settingsSchema.pick({ settlement: true, trustMsat: true, release: true })
const DEFAULT_SETTLING = { settlement: 'auto', trustMsat: sats(20), release: 'auto' } as const
const onlyPrivateOnly = settingsSchema.pick({ onlyPrivate: true })
const spendingStoppedOnly = settingsSchema.pick({ spendingStopped: true })

export function createPreferences(store: SettingStore): Preferences {
  const settings = createSignal<Settings>({
    theme: store.read(SETTINGS_KEY, themeOnly)?.theme ?? 'system',
    limits: readLimits(store),
    relays: readRelays(store),
    ...(store.read(SETTINGS_KEY, settlingOnly) ?? DEFAULT_SETTLING),
    onlyPrivate: store.read(SETTINGS_KEY, onlyPrivateOnly)?.onlyPrivate ?? false,
    spendingStopped: store.read(SETTINGS_KEY, spendingStoppedOnly)?.spendingStopped ?? false,
  })
  const limitsSet = createSignal(store.read(LIMITS_SET_KEY, z.boolean()) ?? false)
  const welcomed = createSignal(store.read(WELCOMED_KEY, z.boolean()) ?? false)
  return {
    settings,
    update(change) {
      const before = settings.get()
      const next = settingsSchema.parse({ ...before, ...defined(change), limits: { ...before.limits, ...defined(change.limits ?? {}) } })
      // In force whatever the disk says: nobody who wants it to stop waits for that.
      if (change.spendingStopped === true) settings.set({ ...before, spendingStopped: true })
      store.write(SETTINGS_KEY, next)
      settings.set(next)
      if (change.limits === undefined || limitsSet.get()) return
      store.write(LIMITS_SET_KEY, true)
      limitsSet.set(true)
    },
    limitsSet,
    welcomed,
    finishWelcome() {
      store.write(WELCOMED_KEY, true)
      welcomed.set(true)
    },
    backend(told, defaultUrl) {
      const kept = store.read(BACKEND_KEY, backendSchema)
      return { choice: told ?? kept?.choice ?? 'auto', url: kept?.url ?? defaultUrl }
    },
    chooseBackend: (choice, url) => store.write(BACKEND_KEY, { choice, url }),
    pagePort: () => store.read(PAGE_PORT_KEY, z.number().int().min(1).max(65_535)),
    keepPagePort: (port) => store.write(PAGE_PORT_KEY, port),
  }
}

const storedLimitsSchema = z.object({ limits: z.record(z.string(), z.unknown()) })

/** The stored limits: each that can be read, and the default for each that cannot, or that was no limit yet when they were stored. */
function readLimits(store: Pick<SettingStore, 'read'>): Limits {
  const stored = store.read(SETTINGS_KEY, storedLimitsSchema)?.limits ?? {}
  const readable = Object.entries(limitsSchema.shape).filter(([name, schema]) => safeParse(schema, stored[name]).success)
  return limitsSchema.parse({ ...DEFAULT_LIMITS, ...Object.fromEntries(readable.map(([name]) => [name, stored[name]])) })
}

const relaysSchema = z.object({ relays: z.array(z.unknown()) })
/** A relay was once its address alone. */
const storedRelaySchema = z.union([z.string().transform((url) => ({ url, read: true, write: true })), relaySettingSchema])

/** The stored relays: every one that has an address, each once, spelled as the pool spells it. */
export function readRelays(store: Pick<SettingStore, 'read'>): RelaySetting[] {
  const relays = new Map<string, RelaySetting>()
  for (const stored of store.read(SETTINGS_KEY, relaysSchema)?.relays ?? []) {
    const relay = safeParse(storedRelaySchema, stored)
    const address = relay.success ? parseRelayAddress(relay.data.url) : null
    if (!relay.success || !address?.ok || relays.has(address.value) || relays.size === MAX_RELAYS) continue
    relays.set(address.value, { ...relay.data, url: address.value })
  }
  return [...relays.values()]
}

function defined(change: object): object {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
