/** What a stand-in SDK in a process of its own and its operators in the test's say to each other, over a socket of this machine. */
import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import type { SdkEvent } from '@breeztech/breez-sdk-spark/nodejs'
import type { OperatorTraffic } from '../sdk.ts'
import type { StandInMethod } from './standInSdk.ts'

export interface SdkQuestion {
  readonly id: number
  readonly method: StandInMethod | 'connect'
  readonly argument: unknown
}

export type SdkAnswer =
  | { readonly id: number; readonly value: unknown; readonly traffic: OperatorTraffic }
  | { readonly id: number; readonly error: string; readonly traffic: OperatorTraffic }
  | { readonly event: SdkEvent }
  /** It threw outside its promises. */
  | { readonly crash: string }

export interface Hello {
  readonly name: string
  readonly phrase: string
}

const LENGTH_BYTES = 4

/** Sends and hears values as threads clone them, so that a bigint stays one; both ends are the tests' own. Returns what sends. */
export function openSdkWire(socket: Socket, onHeard: (value: unknown) => void): (value: SdkQuestion | SdkAnswer) => void {
  let waiting = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + waiting.readUInt32BE(0)
      if (waiting.length < end) return
      const message = waiting.subarray(LENGTH_BYTES, end)
      waiting = waiting.subarray(end)
      onHeard(deserialize(message))
    }
  })
  return (value) => {
    const message = serialize(value)
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(message.length)
    // To one that was killed nothing more is said.
    if (!socket.destroyed) socket.write(Buffer.concat([length, message]))
  }
}
