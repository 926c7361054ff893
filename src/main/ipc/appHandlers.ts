import type { Engine } from '#engine/engine.ts'
import { createEmitter } from '#engine/emitter.ts'
import { PUBLIC_PHRASE } from '#engine/keyring.ts'
import { isPublicPhrase, parsePhrase } from '#engine/nostr/phrase.ts'
import { isSerious } from '#engine/wallet/walletChoice.ts'
import type { PayloadOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'
import { isBusy } from './isBusy.ts'

export function appHandlers(engine: Engine) {
  const { config, keyring, notices, preferences } = engine
  const activated = createEmitter<PayloadOf<SoukContract['app.activated']>>()
  return {
    requests: {
      'app.finishWelcome': ({ choice }: { choice: 'sandbox' | 'sell' | 'buy' }) => {
        preferences.finishWelcome()
        activated.emit({ page: choice === 'sell' ? 'sell' : 'buy' })
        return ok({})
      },
      'app.dismissNotice': ({ id }: { id: string }) => {
        notices.clear(id)
        return ok({})
      },
      'identity.revealPhrase': async () => ok({ phrase: await keyring.revealPhrase() }),
      'identity.exportSecretKey': () => ok({ nsec: keyring.identity.nsec() }),
      'identity.confirmBackup': async ({ words }: { words: { index: number; word: string }[] }) => {
        const confirmed = await keyring.confirmBackup(words)
        return confirmed.ok ? ok({}) : confirmed
      },
      'identity.protect': async ({ current, next }: { current?: string | undefined; next?: string | undefined }) => {
        if (next === undefined && isSerious(engine.walletChoice.next.get())) return fail('needs-protection', 'A wallet of real money is chosen, and its secrets stay under a passphrase. Choose another passphrase instead, or the sandbox first.')
        const done = await keyring.protect(current ?? null, next ?? null)
        return done.ok ? ok({}) : done
      },
      'identity.importPhrase': async ({ phrase }: { phrase: string }) => {
        if (isBusy(engine)) return fail('busy', 'Stop selling and let the open jobs end first: they belong to the identity in use.')
        // With another phrase it may be another wallet, which knows nothing of them.
        if (engine.account.pendingMsat() > 0) return fail('busy', 'A payment is still on its way, and belongs to the identity in use. Wait until the wallet knows how it ended.')
        const parsed = parsePhrase(phrase)
        if (parsed.ok && isPublicPhrase(parsed.value) && isSerious(engine.walletChoice.next.get())) return fail('public-phrase', PUBLIC_PHRASE)
        const imported = await keyring.importPhrase(phrase)
        if (!imported.ok) return imported
        notices.raise('restart-for-identity', 'warning', 'The imported identity is used from the next start. Restart Souk now.')
        return ok({})
      },
    },
    states: {
      'app.status': deriveState([notices.current, preferences.welcomed], () => ({
        version: config.version,
        mode: engine.walletKind === 'nwc' || engine.walletKind === 'spark' ? engine.wallet.network : ('sandbox' as const),
        network: engine.wallet.network,
        shell: config.shell,
        dataFolder: config.dataFolder,
        welcomed: preferences.welcomed.get(),
        notices: { ...notices.current.get() },
      })),
      'identity.status': deriveState([keyring.status], () => ({ pubkey: keyring.identity.pubkey, npub: keyring.identity.npub, ...keyring.status.get() })),
    },
    events: { 'app.activated': activated.listen },
  }
}
