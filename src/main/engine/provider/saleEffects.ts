/** Carries out what a sale owes the world: asks the wallet, runs the model, publishes. Learns nothing that it does not dispatch. */
import { unlessAborted } from '../pause.ts'
import type { Log } from '../ports.ts'
import { sealAnswer } from '../sealing/seal.ts'
import type { Preimages } from '../store/preimages.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { createGeneration, type GenerationOptions } from './generation.ts'
import { outgoingOf, type SaleEffect } from './sale.ts'
import { createSaleMoney } from './saleMoney.ts'

export interface SaleEffectsOptions extends GenerationOptions {
  readonly log: Log
  readonly wallet: Wallet
  readonly preimages: Preimages
}

export interface SaleEffects {
  perform(this: void, effect: SaleEffect, jobId: string, signal: AbortSignal): Promise<void>
  /** The job has moved: to be told of every change. */
  jobMoved(jobId: string): void
  /** The job has ended: nothing of what it had made is kept. */
  forget(jobId: string): void
}

export function createSaleEffects(options: SaleEffectsOptions): SaleEffects {
  const { clock, dialectOf } = options
  const money = createSaleMoney(options)
  const generation = createGeneration(options)

  async function perform(effect: SaleEffect, jobId: string, signal: AbortSignal): Promise<void> {
    switch (effect.type) {
      case 'makeInvoice':
        return money.makeInvoice(jobId, effect, signal)
      case 'send': {
        const sale = options.state(jobId)
        if (!sale.begun) return
        const outgoing = outgoingOf(sale, effect.what)
        if (outgoing === null) return
        const delivery = await unlessAborted(dialectOf(sale).send(outgoing, sale), signal)
        if (delivery !== null) options.dispatch(jobId, { at: clock.now(), type: 'sent', what: effect.what, delivery, ...(effect.index === undefined ? {} : { index: effect.index }) })
        return
      }
      case 'watchPayment':
        return money.watchPayment(jobId, effect, signal)
      case 'claim':
        return money.claim(jobId, effect.paymentHash, signal)
      case 'giveBack':
        return money.giveBack(jobId, effect.paymentHash, signal)
      case 'seal': {
        const secret = options.preimages.find(effect.paymentHash)
        if (secret === null) throw new Error('the secret of an answer was not kept')
        options.dispatch(jobId, { at: clock.now(), type: 'sealed', ...sealAnswer(effect.text, effect.previewPermille, secret) })
        return
      }
      case 'work':
        return generation.work(jobId, effect, signal)
      case 'collectPartial':
        generation.collect(jobId)
        return
      case 'wake':
        return
    }
  }

  return { perform, jobMoved: (jobId) => generation.jobMoved(jobId), forget: (jobId) => generation.forget(jobId) }
}
