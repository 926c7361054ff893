/** A stand-in SDK whose operators are another process (standInServer.ts): it can be killed with the program that it is in, and they live on. */
import { connect as connectSocket } from 'node:net'
import type { EventListener } from '@breeztech/breez-sdk-spark/nodejs'
import type { LoadedSdk, OperatorTraffic, SdkSession } from '../sdk.ts'
import { openSdkWire, type Hello, type SdkAnswer, type SdkQuestion } from './sdkWire.ts'
import type { StandInMethod } from './standInSdk.ts'

export interface DistantSdkOptions {
  readonly port: number
  /** How the operators call its account. */
  readonly name: string
  /** Told before a deed is asked of the operators, and once they have answered, before anybody here hears of it. */
  readonly pass: (point: string) => void
}

const METHODS = ['claimDeposit', 'claimHtlcPayment', 'disconnect', 'getInfo', 'getLightningAddress', 'listPayments', 'listUnclaimedDeposits', 'parse', 'prepareSendPayment', 'receivePayment', 'sendPayment', 'signMessage', 'syncWallet'] as const satisfies readonly StandInMethod[]
/** What changes something at the operators. */
const DEEDS: ReadonlySet<string> = new Set(['claimHtlcPayment', 'receivePayment', 'sendPayment'])

export function loadDistantSdk({ port, name, pass }: DistantSdkOptions): LoadedSdk {
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let traffic: OperatorTraffic = { answered: 0, failed: 0 }
  let listener: EventListener | null = null
  let lastId = 0

  function take(answer: SdkAnswer): void {
    if ('crash' in answer) throw new Error(answer.crash)
    if ('event' in answer) return listener?.onEvent(answer.event)
    traffic = answer.traffic
    const waiting = pending.get(answer.id)
    pending.delete(answer.id)
    if ('error' in answer) waiting?.reject(new Error(answer.error))
    else waiting?.resolve(answer.value)
  }

  return {
    traffic: () => traffic,
    async connect({ phrase }) {
      const socket = connectSocket({ port, host: '127.0.0.1' })
      // The operators of a test that has ended: as a network that is gone, nothing answers any more.
      socket.on('error', () => {})
      const post = openSdkWire(socket, (answer) => take(answer as SdkAnswer))
      const ask = (method: SdkQuestion['method'], argument: unknown) =>
        new Promise<unknown>((resolve, reject) => {
          const id = ++lastId
          pending.set(id, { resolve, reject })
          post({ id, method, argument })
        })
      const call = (method: StandInMethod) => async (argument?: unknown) => {
        if (!DEEDS.has(method)) return ask(method, argument)
        pass(`sdk ${method}: before`)
        const answer = await ask(method, argument)
        pass(`sdk ${method}: after`)
        return answer
      }
      await ask('connect', { name, phrase } satisfies Hello)
      return {
        ...Object.fromEntries(METHODS.map((method) => [method, call(method)])),
        addEventListener(heard: EventListener) {
          listener = heard
          return ask('addEventListener', null)
        },
      } as unknown as SdkSession
    },
  }
}
