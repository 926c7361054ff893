/** The machine's sandbox as it is now: hosted or not, and whether its relay and its mint answer. */
import { randomBytes } from 'node:crypto'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import type { OpenWebSocket } from '#engine/ports.ts'
import { auditAccounts } from '#engine/sandbox/mint/ledger.ts'
import { mintDatabasePath, readNotice } from '#engine/sandbox/sandboxFolder.ts'
import { createNip47Cipher } from '#engine/wallet/nip47Cipher.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { systemClock, systemRandom } from '../nodePorts.ts'
import { failed, fine, warn, type Finding } from './finding.ts'
import { isFolderHeld, lookInto } from './lookInto.ts'
import { lookAtRelay } from './relays.ts'

const MINT_TIMEOUT_MS = 4_000
const RESTART = 'Close every Souk of this user and start again; what is paid and owed is on disk.'

export async function checkSandbox(folder: string, openWebSocket: OpenWebSocket): Promise<readonly Finding[]> {
  return [await checkHost(folder, openWebSocket), ...checkBooks(folder)]
}

async function checkHost(folder: string, openWebSocket: OpenWebSocket): Promise<Finding> {
  if (!isFolderHeld(folder)) return fine('Sandbox', `not running; the first Souk to start hosts it in ${folder}`)
  const notice = readNotice(folder)
  if (notice?.ready !== true) return warn('Sandbox', `A Souk holds ${folder} and has not opened it yet.`, 'Wait a moment and look again. If it stays so, close that Souk.')
  const relay = await lookAtRelay(notice.relayUrl, openWebSocket)
  if (!relay.ok) return failed('Sandbox', `Its host runs, and its relay ${notice.relayUrl} does not answer: ${relay.error.message}`, RESTART)
  if (!(await pingMint(notice.relayUrl, notice.mintPubkey, openWebSocket))) {
    return failed('Sandbox', `Its relay answers, and its mint does not, so nothing can be paid.`, `Its faults may be switched on (souk mint faults --clear, or Settings). Otherwise: ${RESTART.charAt(0).toLowerCase()}${RESTART.slice(1)}`)
  }
  return fine('Sandbox', `running: relay ${notice.relayUrl} (${relay.value.latencyMs} ms) and mint answer`)
}

/** A damaged ledger is put aside by the next host like any store; one out of balance is a bug to hear of. */
function checkBooks(folder: string): readonly Finding[] {
  const path = mintDatabasePath(folder)
  const audited = lookInto(path, auditAccounts)
  if (audited.ok && audited.value === null) return []
  if (audited.ok && audited.value?.balanced === true) return [fine('Mint', `${audited.value.accounts} ${audited.value.accounts === 1 ? 'wallet' : 'wallets'}, and the books balance`)]
  if (audited.ok) return [failed('Mint', `The books in ${path} do not balance.`, 'souk mint audit shows the sums. Move the file away to begin a new sandbox.')]
  if (audited.error.code === 'damaged') return [failed('Mint', `The ledger ${path} is damaged: ${audited.error.message}.`, 'Just start: it is put aside and a new one begins, with new play money.')]
  if (audited.error.code === 'unfinished') return []
  return [failed('Mint', `The ledger ${path} cannot be read: ${audited.error.message}.`, 'Check who owns the file and what may read it.')]
}

/**
 * Asks what no mint knows: the refusal proves that it is alive, and unlike a real question it opens no account and is
 * written down nowhere.
 */
async function pingMint(relayUrl: string, mintPubkey: string, openWebSocket: OpenWebSocket): Promise<boolean> {
  const crypto = await loadNostrCrypto()
  const secretKey = new Uint8Array(randomBytes(32))
  const signer = crypto.createSigner(secretKey)
  const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket, crypto, log: () => {} })
  try {
    if (pool.add(relayUrl) !== null || !(await pool.connected(MINT_TIMEOUT_MS))) return false
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), MINT_TIMEOUT_MS)
      const answered = () => {
        clearTimeout(timer)
        resolve(true)
      }
      pool.subscribe([{ kinds: [KIND.walletResponse], authors: [mintPubkey], '#p': [signer.pubkey] }], { onEvent: answered })
      const content = createNip47Cipher(secretKey, systemRandom).encrypt(mintPubkey, JSON.stringify({ method: 'souk_ping', params: {} }), 'nip44_v2')
      const nowSecs = Math.floor(Date.now() / 1_000)
      void pool.publish(signer.sign({ kind: KIND.walletRequest, created_at: nowSecs, tags: [['p', mintPubkey], ['expiration', String(nowSecs + 10)]], content }))
    })
  } finally {
    await pool.close()
  }
}
