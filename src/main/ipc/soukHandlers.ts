/** The engine behind the contract: one handler a route. Maps words, decides nothing. */
import type { Engine } from '#engine/engine.ts'
import { defineHandlers, type Handlers } from '#shared/ipc/handlers.ts'
import { soukContract, type SoukContract } from '#shared/ipc/souk.ts'
import { activityHandlers } from './activityHandlers.ts'
import { appHandlers } from './appHandlers.ts'
import { channelHandlers } from './channelHandlers.ts'
import { customerHandlers } from './customerHandlers.ts'
import { onchainHandlers } from './onchainHandlers.ts'
import { providerHandlers } from './providerHandlers.ts'
import { settingsHandlers } from './settingsHandlers.ts'
import { walletChoiceHandlers } from './walletChoiceHandlers.ts'
import { walletHandlers } from './walletHandlers.ts'

export function createSoukHandlers(engine: Engine): Handlers<SoukContract> {
  const app = appHandlers(engine)
  const wallet = walletHandlers(engine)
  const walletChoice = walletChoiceHandlers(engine)
  const onchain = onchainHandlers(engine)
  const provider = providerHandlers(engine)
  const customer = customerHandlers(engine)
  const channels = channelHandlers(engine)
  const activity = activityHandlers(engine)
  const settings = settingsHandlers(engine)
  return defineHandlers(soukContract, {
    requests: { ...app.requests, ...wallet.requests, ...walletChoice.requests, ...onchain.requests, ...provider.requests, ...customer.requests, ...channels.requests, ...activity.requests, ...settings.requests },
    streams: { ...provider.streams, ...customer.streams },
    states: { ...app.states, ...wallet.states, ...walletChoice.states, ...onchain.states, ...provider.states, ...customer.states, ...channels.states, ...settings.states },
    events: { ...app.events, ...onchain.events, ...customer.events, ...activity.events },
  })
}
