import type { Engine } from '#engine/engine.ts'
import type { InputOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>

export function settingsHandlers(engine: Engine) {
  const { preferences, pool, sandbox } = engine
  const NOT_HOST = fail('not-host', 'Another Souk on this machine hosts the sandbox. Do it there.')
  return {
    requests: {
      'settings.update': (change: Input<'settings.update'>) => {
        preferences.update(change)
        return ok({})
      },
      'relays.add': ({ url }: Input<'relays.add'>) => {
        const problem = pool.add(url)
        if (problem !== null) return fail('bad-address', problem)
        const { relays } = preferences.settings.get()
        if (!relays.includes(url)) preferences.update({ relays: [...relays, url] })
        return ok({})
      },
      'relays.remove': ({ url }: Input<'relays.remove'>) => {
        if (url === sandbox?.relayUrl) return fail('embedded', 'This is the sandbox’s own relay. It stays while the sandbox is used.')
        pool.remove(url)
        preferences.update({ relays: preferences.settings.get().relays.filter((each) => each !== url) })
        return ok({})
      },
      'sandbox.setFaults': (change: Input<'sandbox.setFaults'>) => {
        const faults = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
        return engine.setMintFaults(faults) ? ok({}) : NOT_HOST
      },
      'sandbox.audit': () => {
        const mint = sandbox?.mint()
        return mint ? ok(mint.audit()) : NOT_HOST
      },
    },
    states: {
      'settings.values': preferences.settings,
      'relays.status': deriveState([pool.status], () => ({
        relays: Object.fromEntries(
          Object.entries(pool.status.get()).map(([url, status]) => {
            const { problem, latencyMs, connectedAt, nextAttemptAt, lastRefusal, ...rest } = status
            return [url, {
              ...rest,
              embedded: url === sandbox?.relayUrl,
              ...(problem === null ? {} : { problem }),
              ...(latencyMs === null ? {} : { latencyMs }),
              ...(connectedAt === null ? {} : { connectedAt }),
              ...(nextAttemptAt === null ? {} : { nextAttemptAt }),
              ...(lastRefusal === null ? {} : { lastRefusal }),
            }]
          }),
        ),
      })),
      'sandbox.status': deriveState(sandbox ? [sandbox.role, engine.mintFaults] : [], () => {
        const faults = engine.mintFaults.get()
        return {
          role: sandbox?.role.get() ?? ('none' as const),
          houseSeller: engine.config.houseSeller,
          ...(sandbox ? { relayUrl: sandbox.relayUrl, mintPubkey: sandbox.mintPubkey } : {}),
          ...(faults ? { faults } : {}),
        }
      }),
    },
  }
}
