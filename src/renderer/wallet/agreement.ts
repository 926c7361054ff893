/** How wallet and books compare, in a line. */
import { formatSats, msat } from '#shared/market/msat.ts'
import type { Snapshot } from '#renderer/state/client.ts'

export interface Agreement {
  readonly state: 'agree' | 'differ' | 'not-yet'
  readonly line: string
}

export function agreementOf({ reconciledAt, unexplainedMsat = 0 }: Pick<Snapshot<'wallet.status'>, 'reconciledAt' | 'unexplainedMsat'>): Agreement {
  if (reconciledAt === undefined) return { state: 'not-yet', line: 'The books were not held against the wallet yet. They are once it answers.' }
  if (unexplainedMsat === 0) return { state: 'agree', line: 'Wallet and books agree.' }
  const side = unexplainedMsat > 0 ? 'more' : 'less'
  return { state: 'differ', line: `The wallet has ${formatSats(msat(Math.abs(unexplainedMsat)))} sats ${side} than the books, and nothing explains it yet. If it stays so, it is adjusted and said.` }
}

/** A signed amount: "12", "−0.5", "0". */
export function signedSats(value: number): string {
  return `${value < 0 ? '−' : ''}${formatSats(msat(Math.abs(value)))}`
}
