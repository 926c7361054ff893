/** The real SDK, in the worker alone. Nothing of it is loaded before the call. */
import { createRequire } from 'node:module'
import type * as Package from '@breeztech/breez-sdk-spark/nodejs'
import type { LoadedSdk, OperatorTraffic, SdkConnection } from './sdk.ts'

/** The SDK asks its operators through the global `fetch`, which is watched from here on. */
export function loadSdk(): LoadedSdk {
  const hosts = new Set<string>()
  const traffic = watchFetch(hosts)
  // At run time and by its name, so that it is bundled nowhere: it looks for its WASM beside itself.
  const sdk = createRequire(import.meta.url)('@breeztech/breez-sdk-spark/nodejs') as typeof Package
  return {
    traffic,
    connect({ network, apiKey, phrase, folder }: SdkConnection) {
      // Deposits are claimed when a person has seen the fee; nothing is shown to servers that only make a wallet convenient.
      const { realTimeSyncServerUrl: _, maxDepositClaimFee: __, ...config } = sdk.defaultConfig(network)
      for (const { address } of config.sparkConfig?.signingOperators ?? []) hosts.add(new URL(address).host)
      return sdk.connect({
        config: { ...config, ...(apiKey === null ? {} : { apiKey }), preferSparkOverLightning: false, useDefaultExternalInputParsers: false },
        seed: { type: 'mnemonic', mnemonic: phrase },
        storageDir: folder,
      })
    },
  }
}

/** Counts what the operators answer. In gRPC-web, a call that failed may come as a 200 with its status in a header. */
function watchFetch(hosts: ReadonlySet<string>): () => OperatorTraffic {
  const plainFetch = globalThis.fetch
  const traffic = { answered: 0, failed: 0 }
  globalThis.fetch = async (input, init) => {
    const isOperator = hosts.has(new URL(input instanceof Request ? input.url : input).host)
    try {
      const response = await plainFetch(input, init)
      const isWell = response.ok && (response.headers.get('grpc-status') ?? '0') === '0'
      if (isOperator) traffic[isWell ? 'answered' : 'failed'] += 1
      return response
    } catch (error) {
      if (isOperator) traffic.failed += 1
      throw error
    }
  }
  return () => ({ ...traffic })
}
