/** The operators of a stand-in Spark, for SDKs in other processes (distantSdk.ts): the ledger outlives every one of them. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { SdkSession } from '../sdk.ts'
import { openSdkWire, type Hello, type SdkQuestion } from './sdkWire.ts'
import type { StandInHandle, StandInSpark } from './standInSpark.ts'

export interface StandInServer {
  readonly port: number
  close(): Promise<void>
}

/** `onConnect`: an SDK begins with the account of that name, before it is answered. */
export async function serveStandInSpark(spark: StandInSpark, onConnect: (account: StandInHandle, name: string) => void): Promise<StandInServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, spark, onConnect)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(socket: Socket, spark: StandInSpark, onConnect: (account: StandInHandle, name: string) => void): void {
  const post = openSdkWire(socket, (question) => void answer(question as SdkQuestion))
  const sdk = spark.load((error) => post({ crash: error.message }))
  let session: SdkSession | null = null
  let account: StandInHandle | null = null
  let isLeaving = false
  // A program that was killed may not have stored what it was last told.
  socket.on('close', () => !isLeaving && account?.breakOff())
  socket.on('error', () => {})

  async function answer({ id, method, argument }: SdkQuestion): Promise<void> {
    try {
      const value = await carryOut(method, argument)
      post({ id, value, traffic: sdk.traffic() })
    } catch (error) {
      post({ id, error: error instanceof Error ? error.message : String(error), traffic: sdk.traffic() })
    }
  }

  async function carryOut(method: SdkQuestion['method'], argument: unknown): Promise<unknown> {
    if (method === 'connect') {
      const { name, phrase } = argument as Hello
      account = spark.ofPhrase(phrase, name)
      onConnect(account, name)
      session = await sdk.connect({ network: 'regtest', apiKey: null, phrase, folder: '' })
      return null
    }
    if (session === null) throw new Error('not connected')
    isLeaving ||= method === 'disconnect'
    if (method === 'addEventListener') return session.addEventListener({ onEvent: (event) => post({ event }) })
    return (session[method] as (argument: unknown) => Promise<unknown>)(argument)
  }
}
