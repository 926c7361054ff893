/** A provider or a customer in a process of its own, which kills itself at one point: `node soukProcess.ts PLAN`. SIGTERM ends it in order. */
import { writeSync } from 'node:fs'
import type { JobRow } from '#shared/ipc/common.ts'
import { sats } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { createEngine, type Engine } from '../../engine.ts'
import { createNodePorts } from '../nodePorts.ts'
import { createKillPoints } from './killPoints.ts'
import { CRASH_TERMS, isOver, planSchema, PROMPT, TOY_TOKENS_PER_SECOND, type Report } from './plan.ts'

const plan = planSchema.parse(JSON.parse(process.argv[2] ?? ''))
const say = (report: Report) => void writeSync(1, `${JSON.stringify(report)}\n`)

const wrap = createKillPoints((name) => {
  say({ type: 'point', name })
  if (name === plan.killAt) process.kill(process.pid, 'SIGKILL')
})
const opened = await createEngine(
  { dataFolder: plan.dataFolder, sandboxFolder: plan.sandboxFolder, shell: 'terminal', version: '0', wallet: { kind: 'sandbox' }, houseSeller: false, ollamaUrl: '', backend: 'toy', toyTokensPerSecond: TOY_TOKENS_PER_SECOND },
  createNodePorts(plan.dataFolder, { wrap, log: (level, message, fields) => level === 'error' && say({ type: 'problem', message: `${message} ${JSON.stringify(fields ?? {})}` }) }),
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

if (plan.role === 'provider') await sell(engine)
else await buy(engine, plan.ask, plan.settlement)

function sumOf(rows: readonly JobRow[]): number {
  return rows.reduce((sum, { movedMsat }) => sum + movedMsat, 0)
}

async function sell({ provider, jobChanged, journal, backend }: Engine): Promise<void> {
  const look = () => {
    const rows = journal.list({ role: 'provider', limit: 2 })
    if (rows.length > 0 && rows.every(isOver)) say({ type: 'settled', movedMsat: sumOf(rows) })
  }
  jobChanged.listen(look)
  look()
  await backend.refresh()
  provider.setTerms({ name: 'Victim', priceMsat: sats(10), ...CRASH_TERMS })
  const started = await provider.start()
  if (!started.ok && !isStopping) throw new Error(started.error.message)
}

async function buy({ customer, jobChanged, journal, preferences }: Engine, seller: string | null, settlement: Settlement): Promise<void> {
  const look = () => {
    if (journal.openJobs('customer').length === 0) say({ type: 'settled', movedMsat: sumOf(journal.list({ role: 'customer', limit: 2 })) })
  }
  jobChanged.listen(look)
  if (seller === null) {
    look()
    return
  }
  // A restart of the other side takes a moment on a busy machine.
  preferences.update({ limits: { invoiceTimeoutSecs: 60 } })
  const question = { prompt: PROMPT, selection: { by: 'pubkey' as const, prefix: seller }, settlement }
  await new Promise<void>((resolve) => {
    const ask = () => {
      if (!customer.quote(question).ok) return
      forget()
      resolve()
    }
    const forget = customer.offers.subscribe(ask)
    ask()
  })
  const asked = customer.ask(question)
  if (!asked.ok) throw new Error(asked.error.message)
}
