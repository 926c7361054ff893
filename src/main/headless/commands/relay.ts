import { join } from 'node:path'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { startEmbeddedRelay } from '#engine/nostr/embeddedRelay/embeddedRelay.ts'
import { lockFolder } from '#engine/store/folderLock.ts'
import { EXIT } from '../exitCodes.ts'
import { relayFolder } from '../folders.ts'
import { createStderrLog, systemClock } from '../nodePorts.ts'
import { failureOf } from '../session.ts'
import { CommandFailed, createOutput, keepAlive, waitForInterrupt } from '../terminal.ts'

export interface RelayOptions {
  readonly port: number
  readonly data?: string | undefined
  readonly json?: boolean | undefined
  readonly verbose?: boolean | undefined
}

/** The embedded relay alone, for a market of one's own on this machine. */
export async function relay(options: RelayOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const interrupt = waitForInterrupt()
  const release = keepAlive()
  const folder = relayFolder(options)
  try {
    const locked = lockFolder(folder)
    if (!locked.ok) throw failureOf({ ...locked.error, message: locked.error.message.replace('Another Souk is using', 'Another relay keeps its events in') })
    try {
      const started = await startEmbeddedRelay({
        port: options.port,
        databasePath: join(folder, 'relay.db'),
        clock: systemClock,
        log: createStderrLog(options.verbose === true ? 'debug' : 'warn'),
        crypto: await loadNostrCrypto(),
      }).catch((error: unknown) => {
        throw new CommandFailed(EXIT.failed, 'relay-failed', error instanceof Error ? error.message : String(error))
      })
      output.say('A relay runs on this machine alone, at')
      output.print(started.url)
      output.say(`Its events are in ${folder}. Ctrl-C stops it.`)
      output.tell({ type: 'relay', url: started.url, port: started.port, data: folder })
      await interrupt.interrupted
      output.say('Stopping.')
      await started.close()
    } finally {
      locked.value.release()
    }
  } finally {
    interrupt.stop()
    release()
  }
}
