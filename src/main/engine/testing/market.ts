/** A whole market in one process: the sandbox with its relay and mint, and engines that meet on it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import type { Limits } from '#shared/ipc/settings.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { createEngine, type Engine, type EngineConfig, type EnginePorts, type EngineWraps } from '../engine.ts'
import { loadNostrCrypto } from '../nostr/crypto.ts'
import { openWebSocketWithWs } from '../nostr/openWebSocket.ts'
import { auditLedger, type MintAudit } from '../sandbox/mint/ledger.ts'
import { joinSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { mintDatabasePath } from '../sandbox/sandboxFolder.ts'
import { createNodePorts, nodeClock, nodeRandom } from './nodePorts.ts'

export interface EngineOptions {
  readonly wrap?: EngineWraps
  readonly limits?: Partial<Limits>
  readonly toyTokensPerSecond?: number
  readonly config?: Partial<EngineConfig>
  /** In place of real ones: a clock that is wrong, for example. */
  readonly ports?: Partial<EnginePorts>
}

export interface Market {
  readonly folder: string
  readonly sandboxFolder: string
  readonly sandbox: Sandbox
  dataFolder(name: string): string
  /** An engine on the data folder of that name; the same name again is the same person after a restart. */
  open(name: string, options?: EngineOptions): Promise<Engine>
  /** The same, selling. */
  openSeller(name: string, options?: EngineOptions & { readonly terms?: Partial<SaleTerms> }): Promise<Engine>
  /** Ends one engine before the market ends. */
  close(engine: Engine): Promise<void>
  /** Takes relay and mint away, and brings them back on the same port with the same books. */
  stopSandbox(): Promise<void>
  startSandbox(): Promise<void>
  audit(): MintAudit
  /** What the mint itself says was settled for a job, by the description that sellers give their invoices. */
  settledPayments(jobId: string): readonly { readonly amountMsat: number; readonly feeMsat: number }[]
  /** The same of invoices with that description. */
  settledUnder(description: string): readonly { readonly amountMsat: number; readonly feeMsat: number }[]
  /** Live and dead payments of every wallet. */
  payments(): readonly { readonly state: string; readonly amountMsat: number }[]
  end(): Promise<void>
}

export async function openMarket(): Promise<Market> {
  const folder = mkdtempSync(join(tmpdir(), 'souk-market-'))
  const sandboxFolder = join(folder, 'sandbox')
  const crypto = await loadNostrCrypto()
  const engines = new Set<Engine>()
  const enterSandbox = async () => {
    const joined = await joinSandbox({ folder: sandboxFolder, clock: nodeClock, random: nodeRandom, log: () => {}, openWebSocket: openWebSocketWithWs(), crypto })
    if (!joined.ok) throw new Error(joined.error.message)
    return joined.value
  }
  let sandbox = await enterSandbox()

  const open = async (name: string, { wrap, limits, toyTokensPerSecond = 2_000, config, ports }: EngineOptions = {}) => {
    const dataFolder = join(folder, name)
    const opened = await createEngine(
      { dataFolder, sandboxFolder, shell: 'terminal', version: '0', wallet: { kind: 'sandbox' }, houseSeller: false, ollamaUrl: '', backend: 'toy', toyTokensPerSecond, ...config },
      { ...createNodePorts(dataFolder, wrap === undefined ? {} : { wrap }), ...ports },
    )
    if (!opened.ok) throw new Error(opened.error.message)
    engines.add(opened.value)
    if (limits !== undefined) opened.value.preferences.update({ limits })
    return opened.value
  }
  const query = (sql: string, ...values: string[]) => {
    const database = new DatabaseSync(mintDatabasePath(sandboxFolder), { readOnly: true, timeout: 5_000 })
    try {
      return database.prepare(sql).all(...values)
    } finally {
      database.close()
    }
  }

  const settledUnder = (description: string) =>
    query(`SELECT payment.amount_msat AS amountMsat, payment.fee_msat AS feeMsat FROM payment JOIN invoice USING (payment_hash) WHERE invoice.description = ? AND payment.state = 'settled'`, description).map(
      (row) => ({ amountMsat: Number(row['amountMsat']), feeMsat: Number(row['feeMsat']) }),
    )

  return {
    folder,
    sandboxFolder,
    get sandbox() {
      return sandbox
    },
    dataFolder: (name) => join(folder, name),
    open,
    async openSeller(name, { terms, ...options } = {}) {
      const engine = await open(name, options)
      await engine.backend.refresh()
      engine.provider.setTerms({ name, ...terms })
      const started = await engine.provider.start()
      if (!started.ok) throw new Error(started.error.message)
      return engine
    },
    async close(engine) {
      engines.delete(engine)
      await engine.close()
    },
    stopSandbox: () => sandbox.close(),
    async startSandbox() {
      sandbox = await enterSandbox()
    },
    audit() {
      const audit = auditLedger(mintDatabasePath(sandboxFolder))
      if (!audit.ok) throw new Error(audit.error.message)
      return audit.value
    },
    settledPayments: (jobId) => settledUnder(`Souk ${jobId}`),
    settledUnder,
    payments: () => query('SELECT state, amount_msat AS amountMsat FROM payment ORDER BY created_at').map((row) => ({ state: String(row['state']), amountMsat: Number(row['amountMsat']) })),
    async end() {
      await Promise.all([...engines].map((engine) => engine.close()))
      await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The job's row once it fits; rejects with the row as it stands when that takes too long. */
export function jobRow(engine: Engine, role: Role, jobId: string, fits: (row: JobRow) => boolean, timeoutMs = 15_000): Promise<JobRow> {
  return until(
    (look) => engine.jobChanged.listen(look),
    () => {
      const row = engine.journal.row(role, jobId)
      return row !== null && fits(row) ? row : null
    },
    () => `${role} ${jobId}: ${JSON.stringify(engine.journal.row(role, jobId))}`,
    timeoutMs,
  )
}

export const ended = (engine: Engine, role: Role, jobId: string, timeoutMs?: number): Promise<JobRow> => jobRow(engine, role, jobId, (row) => row.final, timeoutMs)

/** Looks now and at every sign of change. */
export function until<T>(watch: (look: () => void) => () => void, find: () => T | null, describe: () => string, timeoutMs = 15_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      forget()
    }
    const timer = setTimeout(() => {
      end()
      reject(new Error(`waited ${timeoutMs} ms in vain: ${describe()}`))
    }, timeoutMs)
    const look = () => {
      const found = find()
      if (found === null) return
      end()
      resolve(found)
    }
    const forget = watch(look)
    look()
  })
}

/** Asks a seller by its key as soon as its offer is there. */
export async function askSeller(buyer: Engine, sellerPubkey: string, prompt: string, question: { readonly threadId?: string; readonly dialect?: DialectName; readonly settlement?: Settlement; readonly maxTokens?: number } = {}): Promise<{ readonly jobId: string; readonly threadId: string }> {
  const selection = { by: 'pubkey' as const, prefix: sellerPubkey }
  await until(
    (look) => buyer.customer.offers.subscribe(look),
    () => (buyer.customer.quote({ prompt, selection, ...question }).ok ? true : null),
    () => `no offer of ${sellerPubkey}`,
  )
  const asked = buyer.customer.ask({ prompt, selection, ...question })
  if (!asked.ok) throw new Error(asked.error.message)
  return asked.value
}
