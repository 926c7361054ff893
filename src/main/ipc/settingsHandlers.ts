import type { Engine } from '#engine/engine.ts'
import type { InputOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'
import { describeRelay, describeWork } from './relayRow.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>

export function settingsHandlers(engine: Engine) {
  const { preferences, pool, relayList, sandbox } = engine
  const NOT_HOST = fail('not-host', 'Another Souk on this machine hosts the sandbox. Do it there.')
  return {
    requests: {
      'settings.update': (change: Input<'settings.update'>) => {
        preferences.update(change)
        return ok({})
      },
      'relays.add': ({ url, read = true, write = true }: Input<'relays.add'>) => answered(relayList.add(url, { read, write })),
      'relays.change': ({ url, read, write }: Input<'relays.change'>) => answered(relayList.change(url, { read, write })),
      'relays.remove': ({ url }: Input<'relays.remove'>) => answered(relayList.remove(url)),
      'relays.reconnect': ({ url }: Input<'relays.reconnect'>) => answered(relayList.reconnect(url)),
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
      'relays.status': deriveState([pool.status, pool.work], () => ({
        ...describeWork(pool.work.get()),
        relays: Object.fromEntries(Object.entries(pool.status.get()).map(([url, status]) => [url, describeRelay(status, url === sandbox?.relayUrl)])),
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

function answered(done: Result<null>): Result<Record<string, never>> {
  return done.ok ? ok({}) : done
}
