/** A real relay behind a proxy with a temperament, that can be killed and comes back on the same address with what it had stored. */
import { startEmbeddedRelay, type EmbeddedRelay } from '../nostr/embeddedRelay/embeddedRelay.ts'
import { loadNostrCrypto } from '../nostr/crypto.ts'
import { nodeClock } from './nodePorts.ts'
import { startRelayProxy, type PassFrame, type RelayProxy } from './relayProxy.ts'

export interface FaultyRelay {
  readonly url: string
  /** Every connection breaks without a goodbye, and nobody listens any more. */
  kill(): Promise<void>
  restart(): Promise<void>
}

const isEvent = (text: string) => text.startsWith('["EVENT"')

/** Loses some of the events that come and go, with their OK. */
export function dropping(share: number, number: () => number): PassFrame {
  return ({ text }, forward) => {
    if (!isEvent(text) || number() >= share) forward()
  }
}

/** Holds each frame of its own back for another while, so that they overtake each other. */
export function delaying(maxMs: number, number: () => number): PassFrame {
  return ({ from }, forward) => {
    if (from === 'client') forward()
    else nodeClock.after(number() * maxMs, forward)
  }
}

/** Says that it took an event, and forgets that share of them. */
export function lyingOk(share: number, number: () => number): PassFrame {
  return ({ from, text }, forward, answer) => {
    if (from !== 'client' || !isEvent(text) || number() >= share) return forward()
    const [, event] = JSON.parse(text) as [string, { readonly id: string }]
    answer(JSON.stringify(['OK', event.id, true, '']))
  }
}

export async function startFaultyRelay(databasePath: string, pass: PassFrame): Promise<FaultyRelay> {
  const crypto = await loadNostrCrypto()
  let relay: EmbeddedRelay | null = null
  let proxy: RelayProxy | null = null
  const start = async (port: number) => {
    relay = await startEmbeddedRelay({ port: 0, databasePath, clock: nodeClock, log: () => {}, crypto })
    proxy = await startRelayProxy(relay.url, pass, port)
    return proxy
  }
  const { url } = await start(0)
  return {
    url,
    async kill() {
      await proxy?.close()
      await relay?.close()
      proxy = null
      relay = null
    },
    async restart() {
      await start(Number(new URL(url).port))
    },
  }
}
