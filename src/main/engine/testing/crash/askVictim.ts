import type { Engine } from '../../engine.ts'
import { askSeller, until } from '../market.ts'
import { PATIENCE_MS } from './patience.ts'
import { OWING, PROMPT, type Plan } from './plan.ts'

/** Asks a seller as soon as it is known well enough: its listing comes by itself, its wallet's address with what it says in its channel. */
export async function askVictim(buyer: Engine, seller: string, { settlement, dialect, onlyAtAddress = false, payback = false }: Pick<Plan, 'settlement' | 'dialect' | 'onlyAtAddress' | 'payback'>): Promise<{ readonly jobId: string }> {
  const { directory } = buyer
  const told = (field: 'pubkey' | 'channelId' | 'sparkAddress') =>
    until(
      (look) => directory.offers.subscribe(look),
      () => directory.offers.get().values().find((offer) => offer.pubkey === seller && offer[field] !== null)?.[field] ?? null,
      () => `no ${field} of ${seller}`,
      PATIENCE_MS,
    )
  await told('pubkey')
  if (onlyAtAddress) {
    directory.addChannel(await told('channelId'))
    await told('sparkAddress')
  }
  return askSeller(buyer, seller, payback ? OWING.prompt : PROMPT, { settlement, ...(dialect === undefined ? {} : { dialect }), ...(payback ? { maxTokens: OWING.maxTokens } : {}) })
}
