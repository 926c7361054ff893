/**
 * The thread that the Spark SDK lives in. What the SDK throws outside its promises ends the thread, and whoever started it
 * starts another; it is ended from outside too.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { loadSdk } from './loadSdk.ts'
import { serveSdk } from './serveSdk.ts'

// The SDK speaks of databases that are not used here, on the program's own output.
const silent = () => {}
Object.assign(console, { debug: silent, log: silent, info: silent, warn: silent, error: silent })

const { isOffline } = workerData as { readonly isOffline: boolean }
if (isOffline) {
  const refuse = () => Promise.reject(new TypeError('fetch failed'))
  globalThis.fetch = refuse
  Reflect.deleteProperty(globalThis, 'WebSocket')
}

const serve = serveSdk(loadSdk, (message) => parentPort?.postMessage(message, []))
parentPort?.on('message', (message: unknown) => void serve(message))
