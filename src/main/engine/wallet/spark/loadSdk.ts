/** The real SDK, in the worker alone. Nothing of it is loaded before the call. */
import { createRequire } from 'node:module'
import type * as Package from '@breeztech/breez-sdk-spark/nodejs'
import { watchOperator } from './operatorTraffic.ts'
import type { LoadedSdk, SdkConnection } from './sdk.ts'

/** The SDK asks its operators through the global `fetch`, which is watched from here on. */
export function loadSdk(): LoadedSdk {
  const hosts = new Set<string>()
  const watched = watchOperator(globalThis.fetch, hosts)
  globalThis.fetch = (input, init) => watched.fetch(input, init)
  // At run time and by its name, so that it is bundled nowhere: it looks for its WASM beside itself.
  const sdk = createRequire(import.meta.url)('@breeztech/breez-sdk-spark/nodejs') as typeof Package
  return {
    traffic: () => watched.traffic(),
    connect({ network, apiKey, phrase, folder }: SdkConnection) {
      // Deposits are claimed when a person has seen the fee; nothing is shown to servers that only make a wallet convenient.
      const { realTimeSyncServerUrl: _, maxDepositClaimFee: __, ...config } = sdk.defaultConfig(network)
      // Of the operators, payments and locks are asked of this one; any other may be away.
      const { signingOperators = [], coordinatorIdentifier } = config.sparkConfig ?? {}
      for (const { identifier, address } of signingOperators) if (identifier === coordinatorIdentifier) hosts.add(new URL(address).host)
      return sdk.connect({
        config: { ...config, ...(apiKey === null ? {} : { apiKey }), preferSparkOverLightning: false, useDefaultExternalInputParsers: false },
        seed: { type: 'mnemonic', mnemonic: phrase },
        storageDir: folder,
      })
    },
  }
}
