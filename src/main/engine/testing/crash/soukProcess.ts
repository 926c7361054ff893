/** A provider or a customer in a process of its own, which kills itself at one point: `node soukProcess.ts PLAN`. SIGTERM ends it in order. */
import { setEnvironmentData } from 'node:worker_threads'
import type { JobRow } from '#shared/ipc/common.ts'
import { sats } from '#shared/market/msat.ts'
import { createEngine, type Engine } from '../../engine.ts'
import { startNodeThread } from '../../wallet/spark/thread.ts'
import type { Wallet } from '../../wallet/wallet.ts'
import { createNodePorts, nodeClock } from '../nodePorts.ts'
import { askVictim } from './askVictim.ts'
import { createKillPoints } from './killPoints.ts'
import { createPass, say } from './passPoints.ts'
import { CRASH_TERMS, isOver, isPaidBack, OWING, PLAN_KEY, planSchema } from './plan.ts'
import { claimWhatIsOwed, pressSend } from './wishes.ts'
import { withoutHoldInvoices } from './withoutHoldInvoices.ts'

const plan = planSchema.parse(JSON.parse(process.argv[2] ?? ''))
// For the thread of a Spark wallet.
setEnvironmentData(PLAN_KEY, plan)
const { dataFolder, sandboxFolder, killAt, onlyAtAddress, spark, toyTokensPerSecond } = plan
const wallet = spark === undefined ? ({ kind: 'sandbox' } as const) : ({ kind: 'spark', network: 'regtest' } as const)
const killPoints = createKillPoints(createPass(killAt))
const wrap = onlyAtAddress && plan.role === 'provider' ? { ...killPoints, wallet: (inner: Wallet) => withoutHoldInvoices(killPoints.wallet(inner)) } : killPoints
const opened = await createEngine(
  { dataFolder, sandboxFolder, shell: 'terminal', version: '0', wallet, houseSeller: false, ollamaUrl: '', backend: 'toy', toyTokensPerSecond },
  {
    ...createNodePorts(dataFolder, { wrap, log: (level, message, fields) => level === 'error' && say({ type: 'problem', message: `${message} ${JSON.stringify(fields ?? {})}` }) }),
    ...(plan.laterMs === 0 ? {} : { clock: { ...nodeClock, now: () => nodeClock.now() + plan.laterMs } }),
    ...(spark === undefined ? {} : { startSparkThread: startNodeThread({ workerUrl: new URL('sparkWorker.ts', import.meta.url) }) }),
  },
)
if (!opened.ok) throw new Error(opened.error.message)
const engine = opened.value
say({ type: 'identity', pubkey: engine.keyring.identity.pubkey })
engine.jobChanged.listen(({ jobId, state, final }) => say({ type: 'job', jobId, state, final }))
let isStopping = false
process.on('SIGTERM', () => {
  isStopping = true
  void engine.close().then(() => process.exit(0))
})

if (plan.send !== undefined) await pressSend(engine, plan.send)
else if (plan.role === 'provider') await sell(engine)
else await buy(engine)

function sumOf(rows: readonly JobRow[]): number {
  return rows.reduce((sum, { movedMsat }) => sum + movedMsat, 0)
}

async function sell({ account, provider, jobChanged, journal, backend }: Engine): Promise<void> {
  const look = () => {
    const rows = journal.list({ role: 'provider', limit: 2 })
    if (rows.length > 0 && rows.every(plan.payback ? isPaidBack : isOver)) say({ type: 'settled', movedMsat: sumOf(rows) })
  }
  jobChanged.listen(look)
  look()
  await backend.refresh()
  // A machine that is busy with other tests may take longer than a seller waits for its wallet, and it then refuses what it cannot settle yet.
  await account.refresh()
  provider.setTerms({ name: 'Victim', priceMsat: sats(10), depositPermille: plan.depositPermille, ...CRASH_TERMS, ...(plan.payback ? { tickTokens: OWING.tickTokens } : {}) })
  const started = await provider.start()
  if (!started.ok && !isStopping) throw new Error(started.error.message)
}

async function buy({ account, jobChanged, journal, preferences }: Engine): Promise<void> {
  if (plan.payback) claimWhatIsOwed(engine)
  const look = () => {
    const rows = journal.list({ role: 'customer', limit: 2 })
    if (journal.openJobs('customer').length === 0 && (!plan.payback || rows.every(isPaidBack))) say({ type: 'settled', movedMsat: sumOf(rows) })
  }
  jobChanged.listen(look)
  if (plan.ask === null) {
    look()
    return
  }
  // A restart of the other side takes a moment on a busy machine.
  preferences.update({ limits: { invoiceTimeoutSecs: 60 } })
  // Not every wallet can settle in every way.
  await account.refresh()
  await askVictim(engine, plan.ask, plan)
}
