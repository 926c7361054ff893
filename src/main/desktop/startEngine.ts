/** The engine as the window needs it: the same composition as everywhere, with the desktop's secrets. */
import { createEngine } from '#engine/engine.ts'
import { fetchInformationOverHttp } from '#engine/nostr/fetchInformation.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import type { Log, Secrets } from '#engine/ports.ts'
import { createSignal } from '#engine/signal.ts'
import { createNodeWeb } from '#engine/web/nodeWeb.ts'
import type { Folders } from '#main/headless/folders.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { VERSION } from '#main/headless/version.ts'
import { createSoukHandlers } from '#main/ipc/soukHandlers.ts'
import { ok, type Result } from '#shared/market/result.ts'
import type { DesktopEngine } from './shell.ts'

export async function startDesktopEngine({ folders, secrets, log }: { readonly folders: Folders; readonly secrets: Secrets; readonly log: Log }): Promise<Result<DesktopEngine>> {
  const opened = await createEngine(
    {
      dataFolder: folders.data,
      sandboxFolder: folders.sandbox,
      shell: 'desktop',
      version: VERSION,
      wallet: { kind: 'chosen' },
      houseSeller: true,
      ollamaUrl: process.env['OLLAMA_HOST'] ?? 'http://127.0.0.1:11434',
    },
    { clock: systemClock, random: systemRandom, log, openWebSocket: openWebSocketWithWs(), fetch, fetchInformation: fetchInformationOverHttp, web: createNodeWeb(), secrets },
  )
  if (!opened.ok) return opened
  const engine = opened.value
  const selling = createSignal(engine.provider.status.get().selling === 'on')
  engine.provider.status.subscribe(({ selling: state }) => selling.set(state === 'on'))
  return ok({ handlers: createSoukHandlers(engine), selling, close: () => engine.close() })
}
