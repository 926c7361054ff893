/** What a person does in a crash test besides asking: again after each start, as who does not know whether it went. */
import type { JobRow } from '#shared/ipc/common.ts'
import { addMsat, sats } from '#shared/market/msat.ts'
import type { Engine } from '../../engine.ts'
import { until } from '../market.ts'
import { say } from './passPoints.ts'
import { PATIENCE_MS } from './patience.ts'
import type { Plan } from './plan.ts'

export const WITHDRAWN_MSAT = sats(400)
const ADDRESS = 'bcrt1qexample'
const MOST_FEE_MSAT = sats(1)

/** Whenever a row says that something can be asked back, and that it is not being asked back yet. */
export function claimWhatIsOwed({ customer, journal, jobChanged }: Engine): void {
  const claim = ({ role, jobId, claimableMsat, claiming }: JobRow) => {
    if (role === 'customer' && claimableMsat !== undefined && claiming !== true) customer.claim(jobId)
  }
  // Once the change is done.
  jobChanged.listen((row) => queueMicrotask(() => claim(row)))
  for (const row of journal.list({ role: 'customer', limit: 1 })) claim(row)
}

/** Presses *Send* once the page shows what is in the wallet, and tells when nothing sent by hand is on its way. */
export async function pressSend(engine: Engine, wish: NonNullable<Plan['send']>): Promise<void> {
  const { account, reconciler } = engine
  await account.refresh()
  await until((look) => reconciler.last.subscribe(look), () => reconciler.last.get(), () => JSON.stringify(account.status.get()), PATIENCE_MS)
  const answer = wish.what === 'payment' ? await account.send(wish.bolt11, MOST_FEE_MSAT) : await withdraw(engine, wish.quoteId)
  say({ type: 'pressed', answer: answer.ok ? answer.value.state : answer.error.code })
  const look = () => {
    if (account.pendingMsat() === 0) say({ type: 'settled', movedMsat: 0 })
  }
  account.status.subscribe(look)
  look()
}

async function withdraw({ withdrawals }: Engine, quotedBefore: string | null) {
  if (withdrawals === null) throw new Error('this wallet has nothing to do with the chain')
  if (quotedBefore !== null) return withdrawals.send(quotedBefore, 'medium')
  const quoted = await withdrawals.quote(ADDRESS, WITHDRAWN_MSAT)
  if (!quoted.ok) throw new Error(quoted.error.message)
  const { quoteId, feesMsat } = quoted.value
  say({ type: 'quoted', quoteId })
  return withdrawals.send(quoteId, 'medium', addMsat(WITHDRAWN_MSAT, feesMsat.medium))
}
