/**
 * Which wallet this Souk uses: kept for the next start, its secrets with the other secrets. And what stands before one whose
 * money is worth something.
 */
import { z } from 'zod'
import { NETWORKS, type Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { parseConnection } from '#shared/protocol/nip47.ts'
import { PUBLIC_PHRASE, type Keyring } from '../keyring.ts'
import { isPublicPhrase } from '../nostr/phrase.ts'
import type { Preferences } from '../preferences.ts'
import { SecretsLocked, type Secrets } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'
import type { SettingStore } from '../store/settings.ts'
import type { SparkNetwork } from './spark/sdk.ts'

export type ChosenWallet =
  | { readonly kind: 'sandbox' }
  /** A secret: it is in no log and on no page. */
  | { readonly kind: 'nwc'; readonly connection: string; readonly network: Network }
  /** On the keyring's phrase. Mainnet needs the key. */
  | { readonly kind: 'spark'; readonly network: SparkNetwork; readonly apiKey?: string }

/** A choice without its secrets. */
export type WalletName = Readonly<z.output<typeof nameSchema>>

/** What has to be done before a wallet whose money is worth something may be chosen. */
export interface WalletNeeds {
  /** The phrase does not rest in plain text. */
  readonly protected: boolean
  /** It was written down, and asked back. */
  readonly backedUp: boolean
  /** A person has looked at the limits and saved them. */
  readonly limitsSet: boolean
}

export interface WalletChoice {
  readonly needs: Signal<WalletNeeds>
  /** What the next start uses. */
  readonly next: Signal<WalletName>
  /** Keeps it for the next start. Problems: `invalid-connection`, `not-yet` (with what to do first), `secrets-locked`. */
  choose(wallet: ChosenWallet): Promise<Result<null>>
}

const CHOICE_KEY = 'wallet.choice'
const CONNECTION_NAME = 'wallet.nwc'
const API_KEY_NAME = 'wallet.spark'
const MAX_API_KEY = 10_000

const nameSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sandbox') }),
  z.object({ kind: z.literal('nwc'), network: z.enum(NETWORKS) }),
  z.object({ kind: z.literal('spark'), network: z.enum(['mainnet', 'regtest']) }),
])

/** Which wallet was chosen, without its secrets; the sandbox where none was. */
export function readWalletName(settings: Pick<SettingStore, 'read'>): WalletName {
  return settings.read(CHOICE_KEY, nameSchema) ?? { kind: 'sandbox' }
}

/** The wallet that was chosen, the sandbox where none was. Fails with a sentence when its secrets are gone or locked. */
export async function readChosenWallet(settings: SettingStore, secrets: Secrets): Promise<Result<ChosenWallet>> {
  const name = readWalletName(settings)
  try {
    if (name.kind === 'nwc') {
      const connection = await secrets.read(CONNECTION_NAME)
      if (connection === null) return fail('wallet-lost', 'The connection of the wallet that was chosen is gone from the secrets.')
      return parseConnection(connection).ok ? ok({ ...name, connection }) : fail('wallet-lost', 'The connection of the wallet that was chosen cannot be used.')
    }
    const apiKey = name.kind === 'spark' ? await secrets.read(API_KEY_NAME) : null
    return ok({ ...name, ...(apiKey === null ? {} : { apiKey }) })
  } catch (error) {
    if (error instanceof SecretsLocked) return fail('secrets-locked', error.message)
    throw error
  }
}

/** Whether somebody would miss its money. */
export function isSerious(wallet: { readonly kind: string; readonly network?: Network }): boolean {
  return (wallet.kind === 'nwc' || wallet.kind === 'spark') && wallet.network !== 'regtest'
}

export function createWalletChoice({ settings, secrets, keyring, preferences }: { readonly settings: SettingStore; readonly secrets: Secrets; readonly keyring: Keyring; readonly preferences: Preferences }): WalletChoice {
  const needsNow = () => needsMet(keyring, preferences)
  const needs = createSignal(needsNow())
  keyring.status.subscribe(() => needs.set(needsNow()))
  preferences.limitsSet.subscribe(() => needs.set(needsNow()))
  const next = createSignal(readWalletName(settings))

  async function keepSecret(name: string, value: string | null): Promise<void> {
    if (value === null) await secrets.remove(name)
    else await secrets.write(name, value)
  }

  return {
    needs,
    next,
    async choose(wallet) {
      const problem = whyNotYet(wallet, needsNow())
      if (problem !== null) return fail('not-yet', problem)
      if (wallet.kind === 'nwc') {
        const parsed = parseConnection(wallet.connection)
        if (!parsed.ok) return parsed
      }
      const name: WalletName = wallet.kind === 'sandbox' ? { kind: 'sandbox' } : wallet.kind === 'nwc' ? { kind: 'nwc', network: wallet.network } : { kind: 'spark', network: wallet.network }
      try {
        // With such a phrase no start would open it, and no page be there to choose another.
        if (isSerious(wallet) && isPublicPhrase(await keyring.revealPhrase())) return fail('not-yet', `${PUBLIC_PHRASE} Import it under Identity, and start again.`)
        // The secret first: a choice without its secret would be a wallet that cannot be opened.
        if (wallet.kind === 'nwc') await keepSecret(CONNECTION_NAME, wallet.connection.trim())
        if (wallet.kind === 'spark' && wallet.apiKey !== undefined) await keepSecret(API_KEY_NAME, wallet.apiKey.trim())
        settings.write(CHOICE_KEY, name)
        if (wallet.kind !== 'nwc') await keepSecret(CONNECTION_NAME, null)
      } catch (error) {
        if (error instanceof SecretsLocked) return fail('secrets-locked', error.message)
        throw error
      }
      next.set(name)
      return ok(null)
    },
  }
}

/** What is done already, of what stands before real money. */
export function needsMet(keyring: Keyring, preferences: Preferences): WalletNeeds {
  const { protection, backedUp } = keyring.status.get()
  return { protected: protection !== 'plain', backedUp, limitsSet: preferences.limitsSet.get() }
}

/** What has to be done first, for a person; null when nothing. */
export function whyNotYet(wallet: ChosenWallet, needs: WalletNeeds): string | null {
  if (!isSerious(wallet)) return null
  if (!needs.protected) return 'Protect the phrase first: it rests in plain text. Set a passphrase under Identity; or in a terminal: souk identity protect.'
  if (!needs.backedUp) return 'Back the phrase up first: write it down, and confirm three of its words under Identity.'
  if (wallet.kind === 'sandbox' || wallet.network !== 'mainnet') return null
  if (!needs.limitsSet) return 'Set your limits first: look at them under Limits and save them.'
  if (wallet.kind === 'spark' && !/^\S+$/.test(wallet.apiKey?.trim() ?? '')) return 'Spark on mainnet needs an API key of Breez. It is free: ask for one on their site, and paste it.'
  return (wallet.kind === 'spark' ? (wallet.apiKey ?? '').length : 0) > MAX_API_KEY ? 'This API key is too long to be one.' : null
}
