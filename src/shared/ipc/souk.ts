/** The whole contract between a page and the engine: one file per domain, put together here. */
import { activityRoutes } from './activity.ts'
import { appRoutes } from './app.ts'
import { backendRoutes } from './backend.ts'
import { channelRoutes } from './channels.ts'
import { customerRoutes } from './customer.ts'
import { identityRoutes } from './identity.ts'
import { onchainRoutes } from './onchain.ts'
import { providerRoutes } from './provider.ts'
import { relayRoutes, sandboxRoutes, settingsRoutes } from './settings.ts'
import { walletRoutes } from './wallet.ts'
import { walletChoiceRoutes } from './walletChoice.ts'

export const soukContract = {
  ...appRoutes,
  ...identityRoutes,
  ...walletRoutes,
  ...walletChoiceRoutes,
  ...onchainRoutes,
  ...providerRoutes,
  ...backendRoutes,
  ...customerRoutes,
  ...channelRoutes,
  ...activityRoutes,
  ...settingsRoutes,
  ...relayRoutes,
  ...sandboxRoutes,
} as const
export type SoukContract = typeof soukContract
