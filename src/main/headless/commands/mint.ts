import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { auditLedger } from '#engine/sandbox/mint/ledger.ts'
import { joinSandbox, type Sandbox } from '#engine/sandbox/sandbox.ts'
import { mintDatabasePath } from '#engine/sandbox/sandboxFolder.ts'
import { HOLD_FAULTS, MESSAGE_FAULTS, NO_FAULTS, PAY_FAULTS } from '#shared/ipc/mintFaults.ts'
import type { MintFaults } from '#shared/ipc/settings.ts'
import { formatSats } from '#shared/market/msat.ts'
import { EXIT } from '../exitCodes.ts'
import { findFolders } from '../folders.ts'
import { forgetPlayed, forgetWish, readPlayed, readWish, writePlayed, writeWish } from '../mintFaults.ts'
import { createStderrLog, systemClock, systemRandom } from '../nodePorts.ts'
import { failureOf } from '../session.ts'
import { alignColumns } from '../table.ts'
import { CommandFailed, createOutput, keepAlive, orInterrupted, waitForInterrupt, type Output } from '../terminal.ts'

interface MintOptions {
  /** The sandbox's folder. */
  readonly data?: string | undefined
  readonly json?: boolean | undefined
  readonly verbose?: boolean | undefined
}

interface FaultOptions extends MintOptions {
  readonly pay?: MintFaults['pay'] | undefined
  readonly hold?: MintFaults['hold'] | undefined
  readonly messages?: MintFaults['messages'] | undefined
  readonly delay?: number | undefined
  readonly down?: boolean | undefined
  readonly up?: boolean | undefined
  readonly clear?: boolean | undefined
}

const LOOK_FOR_WISH_MS = 200
const WISH_TIMEOUT_MS = 5_000

function sandboxFolder(options: MintOptions): string {
  return options.data ?? findFolders({}).sandbox
}

/** Hosts the sandbox with no house and no engine, or stands by while another Souk hosts it. */
export async function run(options: FaultOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const interrupt = waitForInterrupt()
  const release = keepAlive()
  const folder = sandboxFolder(options)
  try {
    const joining = joinSandbox({
      folder,
      clock: systemClock,
      random: systemRandom,
      log: createStderrLog(options.verbose === true ? 'debug' : 'warn'),
      openWebSocket: openWebSocketWithWs(),
      crypto: await loadNostrCrypto(),
    })
    const joined = await orInterrupted(joining, interrupt, 'Interrupted before the sandbox was open.')
    if (!joined.ok) throw failureOf(joined.error)
    const sandbox = joined.value
    let wanted = changeFaults(NO_FAULTS, options)
    const show = () => showRole(sandbox, output)
    const play = async () => {
      const mint = sandbox.mint()
      if (mint === null) return
      mint.setFaults(wanted)
      await writePlayed(folder, wanted)
      output.tell({ type: 'faults', faults: wanted })
      if (!isSame(wanted, NO_FAULTS)) output.say(`Playing: ${describeFaults(wanted)}.`)
    }
    show()
    await play()
    let turn: Promise<void> = Promise.resolve()
    sandbox.role.subscribe(() => {
      show()
      turn = turn.then(play)
    })
    const timer = setInterval(() => {
      const wish = sandbox.mint() === null ? null : readWish(folder)
      if (wish === null) return
      wanted = wish
      turn = turn.then(play).then(() => forgetWish(folder))
    }, LOOK_FOR_WISH_MS)
    await interrupt.interrupted
    output.say('Stopping.')
    clearInterval(timer)
    await turn
    if (sandbox.role.get() === 'host') forgetPlayed(folder)
    await sandbox.close()
  } finally {
    interrupt.stop()
    release()
  }
}

function showRole(sandbox: Sandbox, output: Output): void {
  const isHost = sandbox.role.get() === 'host'
  output.say(isHost ? 'The sandbox runs here. Every Souk of this user joins it.' : 'Another Souk hosts the sandbox; this one takes its place when it goes.')
  for (const line of alignColumns([['Relay', sandbox.relayUrl], ['Mint', sandbox.mintPubkey], ['Folder', sandbox.folder]])) output.print(line)
  output.say('Ctrl-C stops.')
  output.tell({ type: 'sandbox', role: sandbox.role.get(), relayUrl: sandbox.relayUrl, mintPubkey: sandbox.mintPubkey, folder: sandbox.folder })
}

/** Offline or beside a running mint: reads the ledger's file and recomputes everything from its entries. */
export async function audit(options: MintOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const path = mintDatabasePath(sandboxFolder(options))
  const audited = auditLedger(path)
  if (!audited.ok) throw failureOf(audited.error)
  const { balanced, issuedMsat, accountsMsat, heldMsat, feesMsat, accounts } = audited.value
  output.tell({ type: 'audit', ...audited.value })
  const sum = accountsMsat + heldMsat + feesMsat
  const rows = [
    [`In ${accounts} ${accounts === 1 ? 'wallet' : 'wallets'}`, `${formatSats(accountsMsat)} sats`],
    ['Locked in payments under way', `${formatSats(heldMsat)} sats`],
    ['Fees taken', `${formatSats(feesMsat)} sats`],
    ['Sum', sum === issuedMsat ? `${formatSats(issuedMsat)} sats` : `${sum / 1_000} sats`],
    ['Issued', `${formatSats(issuedMsat)} sats`],
  ]
  for (const line of alignColumns(rows, [1])) output.print(line)
  if (!balanced) {
    throw new CommandFailed(EXIT.failed, 'out-of-balance', `The books in ${path} do not balance: something wrote to them that is not the mint, or the mint has a bug. Keep the file; a new sandbox begins when it is moved away.`)
  }
  output.say('Balanced: the accounts sum to what was issued, every balance is the sum of its entries, and what is locked belongs to payments under way.')
}

export async function faults(options: FaultOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const folder = sandboxFolder(options)
  const played = readPlayed(folder)
  if (played === null) {
    throw new CommandFailed(EXIT.failed, 'no-mint-run', `No \`souk mint run\` hosts the sandbox in ${folder}. Close what hosts it and start one; in the app, Settings has these switches too.`)
  }
  const wanted = changeFaults(options.clear === true ? NO_FAULTS : played, options)
  if (!isSame(wanted, played)) {
    await writeWish(folder, wanted)
    await waitUntilTaken(folder)
  }
  output.print(`The mint plays: ${describeFaults(wanted)}.`)
  output.tell({ type: 'faults', faults: wanted })
}

async function waitUntilTaken(folder: string): Promise<void> {
  const giveUpAt = Date.now() + WISH_TIMEOUT_MS
  while (readWish(folder) !== null) {
    if (Date.now() > giveUpAt) {
      forgetWish(folder)
      throw new CommandFailed(EXIT.failed, 'no-answer', 'The running `souk mint run` did not take the change. Start it again.')
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_FOR_WISH_MS / 4))
  }
}

function changeFaults(before: MintFaults, { pay, hold, messages, delay, down, up }: FaultOptions): MintFaults {
  if (down === true && up === true) throw new CommandFailed(EXIT.usage, 'usage', '--down and --up together mean nothing. Give one.')
  return {
    pay: pay ?? before.pay,
    hold: hold ?? before.hold,
    messages: messages ?? before.messages,
    delayMs: delay ?? before.delayMs,
    down: down === true || (before.down && up !== true),
  }
}

function describeFaults({ pay, hold, messages, delayMs, down }: MintFaults): string {
  const parts = [
    pay === 'ok' ? null : PAY_FAULTS[pay],
    hold === 'ok' ? null : HOLD_FAULTS[hold],
    messages === 'ok' ? null : MESSAGE_FAULTS[messages],
    delayMs === 0 ? null : `Answer ${delayMs} ms late`,
    down ? 'Answer nothing' : null,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'no faults' : parts.join('; ').toLowerCase()
}

function isSame(a: MintFaults, b: MintFaults): boolean {
  return a.pay === b.pay && a.hold === b.hold && a.messages === b.messages && a.delayMs === b.delayMs && a.down === b.down
}
