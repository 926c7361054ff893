/** What a wallet behind NIP-47 says of itself, also before anybody knows on which network it is. */
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { ok, type Problem, type Result } from '#shared/market/result.ts'
import { getBalanceResultSchema, getBudgetResultSchema, getInfoResultSchema, parseConnection, type NwcMethod } from '#shared/protocol/nip47.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import { createRelayPool } from '../nostr/pool.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import { createNwcClient, type NwcClient } from './nwcClient.ts'
import { describeFailure } from './nwcProblems.ts'
import type { WalletBudget, WalletProblem } from './wallet.ts'

export interface NwcInfo {
  readonly alias: string
  /** Null where it says none that is known here. */
  readonly network: Network | null
  readonly methods: readonly string[]
  readonly holdInvoices: boolean
  readonly budget: WalletBudget | null
  readonly blockHeight: number | null
}

const HOLD_METHODS: readonly NwcMethod[] = ['make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice']
/** Somebody waits for the answer. */
const INSPECT_MS = 10_000

export async function readNwcInfo(client: Pick<NwcClient, 'request'>, replyMs: number): Promise<Result<NwcInfo, WalletProblem>> {
  const reply = await client.request('get_info', {}, getInfoResultSchema, { timeoutMs: replyMs })
  if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
  const { alias, methods, network, block_height: blockHeight } = reply.value
  const holdInvoices = HOLD_METHODS.every((method) => methods.includes(method))
  return ok({ alias: alias ?? 'Wallet', network: networkNamed(network), methods, holdInvoices, budget: await askBudget(client, methods, replyMs), blockHeight })
}

async function askBudget(client: Pick<NwcClient, 'request'>, methods: readonly string[], replyMs: number): Promise<WalletBudget | null> {
  if (!methods.includes('get_budget')) return null
  const reply = await client.request('get_budget', {}, getBudgetResultSchema, { timeoutMs: replyMs })
  if (reply.kind !== 'result' || reply.value.total_budget === null) return null
  return { totalMsat: reply.value.total_budget, usedMsat: reply.value.used_budget ?? ZERO_MSAT, renewsAt: reply.value.renews_at }
}

export interface InspectNwcOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openWebSocket: OpenWebSocket
  readonly crypto: NostrCrypto
}

/** Connects to a wallet for a moment, to show what it is before it is chosen. `balanceMsat` null where it does not tell. */
export async function inspectNwc(connection: string, options: InspectNwcOptions): Promise<Result<NwcInfo & { readonly balanceMsat: Msat | null }, WalletProblem | Problem<'invalid-connection'>>> {
  const parsed = parseConnection(connection)
  if (!parsed.ok) return parsed
  const client = createNwcClient({ ...options, connection: parsed.value, connectMs: INSPECT_MS, createPool: (signer) => createRelayPool({ ...options, authenticate: () => signer }) })
  try {
    const info = await readNwcInfo(client, INSPECT_MS)
    if (!info.ok) return info
    const balance = info.value.methods.includes('get_balance') ? await client.request('get_balance', {}, getBalanceResultSchema, { timeoutMs: INSPECT_MS }) : null
    return ok({ ...info.value, balanceMsat: balance?.kind === 'result' ? balance.value.balance : null })
  } finally {
    await client.close()
  }
}

/** As services write it; null for nothing, and for a name that says nothing here. */
function networkNamed(name: string | null): Network | null {
  switch ((name ?? '').toLowerCase()) {
    case 'mainnet':
    case 'bitcoin':
      return 'mainnet'
    case 'testnet':
    case 'testnet3':
    case 'testnet4':
      return 'testnet'
    case 'signet':
    case 'mutinynet':
      return 'signet'
    case 'regtest':
      return 'regtest'
    default:
      return null
  }
}
