/** `souk limits`: what may be spent, looked at and set. No engine is opened for it, since real money waits for it. */
import { createPreferences } from '#engine/preferences.ts'
import type { Limits } from '#shared/ipc/settings.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import type { SessionOptions } from '../session.ts'
import { alignColumns } from '../table.ts'
import { createOutput } from '../terminal.ts'
import { withVault } from '../vault.ts'

export interface LimitsOptions extends SessionOptions {
  readonly perJob?: Msat | undefined
  readonly perDay?: Msat | undefined
  readonly perSeller?: Msat | undefined
  readonly newSeller?: Msat | undefined
  readonly underWay?: Msat | undefined
  readonly payments?: number | undefined
  readonly confirmAbove?: Msat | undefined
  readonly fee?: number | undefined
  /** Save them as they are. */
  readonly accept?: boolean | undefined
}

export async function limits(options: LimitsOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const change = changeOf(options)
  const isChange = options.accept === true || Object.keys(change).length > 0
  await withVault(isChange ? 'write' : 'read', options, ({ settings }) => {
    const preferences = createPreferences(settings)
    if (isChange) preferences.update({ limits: change })
    const kept = preferences.settings.get().limits
    for (const line of alignColumns(ROWS.map(([name, read]) => [name, read(kept)]), [1])) output.print(line)
    if (!preferences.limitsSet.get()) output.say('Nobody has set them yet: `souk limits --accept` takes them as they are. Real money waits for that.')
    output.tell({ type: 'limits', ...kept, set: preferences.limitsSet.get() })
    return Promise.resolve()
  })
}

/** Those that were named. */
function changeOf({ perJob, perDay, perSeller, newSeller, underWay, payments, confirmAbove, fee }: LimitsOptions): Partial<Limits> {
  const all = { perJobMsat: perJob, perDayMsat: perDay, perProviderDayMsat: perSeller, newProviderMsat: newSeller, maxPendingMsat: underWay, maxPendingPayments: payments, confirmAboveMsat: confirmAbove, maxFeePermille: fee }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

const inSats = (amount: Msat) => `${formatSats(amount)} sats`
const ROWS: readonly (readonly [string, (limits: Limits) => string])[] = [
  ['For one job', ({ perJobMsat }) => inSats(perJobMsat)],
  ['For one day', ({ perDayMsat }) => inSats(perDayMsat)],
  ['For one seller in a day', ({ perProviderDayMsat }) => inSats(perProviderDayMsat)],
  ['For a new seller', ({ newProviderMsat }) => inSats(newProviderMsat)],
  ['Under way at once', ({ maxPendingMsat }) => inSats(maxPendingMsat)],
  ['Payments under way', ({ maxPendingPayments }) => String(maxPendingPayments)],
  ['To be confirmed above', ({ confirmAboveMsat }) => inSats(confirmAboveMsat)],
  ['Fee of a payment', ({ maxFeePermille }) => `${maxFeePermille} ‰`],
]
