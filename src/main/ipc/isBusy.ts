import type { Engine } from '#engine/engine.ts'

/** While it sells, or a job of either role is open: those belong to the identity and the wallet in use, so neither is changed then. */
export function isBusy({ provider, customer }: Pick<Engine, 'provider' | 'customer'>): boolean {
  const { selling, jobs } = provider.status.get()
  return selling !== 'off' || Object.keys(jobs).length > 0 || Object.keys(customer.jobs.get()).length > 0
}
