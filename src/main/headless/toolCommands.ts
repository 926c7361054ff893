/** What the commands around the market take: wallet, limits, identity, relay, mint, doctor. */
import { Option, type Command } from 'commander'
import { HOLD_FAULTS, MESSAGE_FAULTS, PAY_FAULTS } from '#shared/ipc/mintFaults.ts'
import { lightningInvoice, ollamaUrl, paymentHash, relayUrls, satsAboveZero, satsAmount, wholeNumber } from './arguments.ts'
import { addFolderOptions, addPassphraseOption } from './commonOptions.ts'

export function addToolCommands(program: Command): void {
  addWallet(program)
  addLimits(program)
  addIdentity(program)
  addRelay(program)
  addMint(program)
  addDoctor(program)
}

function addWallet(program: Command): void {
  const wallet = program.command('wallet').description('Balance, receiving, sending, history').addHelpText('after', `
Examples:
  souk wallet
  souk wallet receive 250.5 --description "For the demo" --wait
  souk wallet send lnbcrt… --max-fee 2
  souk wallet history --limit 5 --json
  souk wallet lookup 3f…9a
  souk wallet stop             the kill switch; a Souk that runs in this folder has it on its Wallet page

Amounts are sats with up to three decimals. On the sandbox they are play money; SOUK_NWC names a wallet of your own.`)
  const add = (name: string, description: string, isDefault = false) => addPassphraseOption(addFolderOptions(wallet.command(name, { isDefault }).description(description)))

  add('balance', 'what the wallet holds, what is under way, locked and owed, earned and spent', true).action(async (options) => (await import('./commands/wallet.ts')).balance(options))
  add('receive', 'make an invoice, which is written to standard output')
    .argument('<sats>', 'amount', satsAboveZero)
    .option('--description <text>', 'what the payer reads', '')
    .option('--expiry <seconds>', 'how long it can be paid', wholeNumber(60, 604_800), 3_600)
    .option('--wait', 'wait until it is paid')
    .action(async (amountMsat, options) => (await import('./commands/wallet.ts')).receive(amountMsat, options))
  add('send', 'pay an invoice, after a look at what it says')
    .argument('<invoice>', 'BOLT 11', lightningInvoice)
    .option('--max-fee <sats>', 'most that sending may cost (default: the limit in Settings, at first 1 % and at least 1 sat)', satsAmount)
    .option('--yes', 'pay without asking')
    .action(async (bolt11, options) => (await import('./commands/wallet.ts')).send(bolt11, options))
  add('history', 'payments, newest first')
    .option('--limit <n>', 'how many', wholeNumber(1, 200), 20)
    .option('--offset <n>', 'leave out the newest', wholeNumber(0, 100_000), 0)
    .action(async (options) => (await import('./commands/wallet.ts')).history(options))
  add('stop', 'stop all spending: nothing new leaves the wallet, until it is allowed again').action(async (options) => (await import('./commands/wallet.ts')).setStopped(true, options))
  add('allow', 'allow spending again, within the limits').action(async (options) => (await import('./commands/wallet.ts')).setStopped(false, options))
  add('lookup', 'one payment by its hash: what the wallet knows of it now')
    .argument('<hash>', 'payment hash', paymentHash)
    .action(async (hash, options) => (await import('./commands/wallet.ts')).lookUp(hash, options))
}

function addLimits(program: Command): void {
  addPassphraseOption(addFolderOptions(program.command('limits').description('What may be spent: show it, or set it')))
    .option('--per-job <sats>', 'all payments of one job, fees apart', satsAmount)
    .option('--per-day <sats>', 'all that is spent, under way and locked in a day, fees included', satsAmount)
    .option('--per-seller <sats>', 'the same, for one seller', satsAmount)
    .option('--new-seller <sats>', 'in all, until a seller has finished a job for you', satsAmount)
    .option('--under-way <sats>', 'payments without an outcome, and locks, at once', satsAmount)
    .option('--payments <n>', 'how many of those at once', wholeNumber(1, 10_000))
    .option('--confirm-above <sats>', 'what costs more waits for your word', satsAmount)
    .option('--fee <permille>', 'most that sending may cost, in thousandths of the amount; a sat is always allowed', wholeNumber(0, 1_000))
    .option('--accept', 'set them as they are')
    .addHelpText('after', `
Examples:
  souk limits
  souk limits --per-job 50 --per-day 1000 --confirm-above 20
  souk limits --accept

They hold for everything that leaves the wallet, whoever asks. A Souk that runs in this folder has them under Settings.`)
    .action(async (options) => (await import('./commands/limits.ts')).limits(options))
}

function addIdentity(program: Command): void {
  const identity = program.command('identity').description('Who you are: show, back up, import, protect').addHelpText('after', `
Examples:
  souk identity
  souk identity phrase                       asks before it shows the words
  souk identity import < phrase.txt          never as an argument: arguments are in everybody's process list
  souk identity protect                      asks for a new passphrase
  souk identity protect --new-passphrase-fd 3 3<file

The phrase restores identity and sandbox wallet. Whoever has it, or the nsec, is you.`)
  const add = (name: string, description: string, isDefault = false) => addPassphraseOption(addFolderOptions(identity.command(name, { isDefault }).description(description)))

  add('show', 'public key, protection, backup', true).action(async (options) => (await import('./commands/identity.ts')).show(options))
  add('phrase', 'the secret words, to write down')
    .option('--reveal', 'show them without asking')
    .action(async (options) => (await import('./commands/identity.ts')).phrase(options))
  add('export', 'the secret key (nsec), for other Nostr programs')
    .option('--reveal', 'show it without asking')
    .action(async (options) => (await import('./commands/identity.ts')).exportKey(options))
  add('import', 'take another identity, from the words on standard input')
    .option('--replace', 'give up the identity that is here')
    .action(async (options) => (await import('./commands/identity.ts')).importPhrase(options))
  add('protect', 'put the secrets under a passphrase, or under another one')
    .option('--new-passphrase-fd <n>', 'read the new passphrase from this file descriptor (or SOUK_NEW_PASSPHRASE)', wholeNumber(0, 1_000))
    .action(async (options) => (await import('./commands/identity.ts')).protect(options))
  add('unprotect', 'keep the secrets in plain text (sandbox only)')
    .option('--yes', 'without asking')
    .action(async (options) => (await import('./commands/identity.ts')).unprotect(options))
}

function addRelay(program: Command): void {
  addFolderOptions(program.command('relay').description('Run a relay on this machine until interrupted'), 'where it keeps its events')
    .option('--port <n>', 'listen on this port of 127.0.0.1; 0 takes a free one', wholeNumber(0, 65_535), 0)
    .addHelpText('after', `
Examples:
  souk relay --port 7447
  souk provider --relay ws://127.0.0.1:7447
  souk customer --relay ws://127.0.0.1:7447 --prompt "What is 2+2?"`)
    .action(async (options) => (await import('./commands/relay.ts')).relay(options))
}

function addMint(program: Command): void {
  const mint = program.command('mint').description('The sandbox’s play money: host it, audit it, break it').addHelpText('after', `
Examples:
  souk mint run
  souk mint audit
  souk mint faults --pay timeout-then-paid --delay 500
  souk mint faults --clear`)
  const add = (name: string, description: string, isDefault = false) => addFolderOptions(mint.command(name, { isDefault }).description(description), 'the sandbox’s folder')
  const addFaults = (command: Command) =>
    command
      .addOption(new Option('--pay <how>', 'how the next payments go').choices(Object.keys(PAY_FAULTS)))
      .addOption(new Option('--hold <how>', 'how settling and cancelling a hold invoice goes').choices(Object.keys(HOLD_FAULTS)))
      .addOption(new Option('--messages <how>', 'how its messages come').choices(Object.keys(MESSAGE_FAULTS)))
      .option('--delay <ms>', 'every answer comes so much later', wholeNumber(0, 60_000))
      .option('--down', 'answer nothing at all')

  addFaults(add('run', 'host the sandbox’s relay and mint until interrupted', true)).action(async (options) => (await import('./commands/mint.ts')).run(options))
  add('audit', 'prove that the sum of the accounts is what was issued').action(async (options) => (await import('./commands/mint.ts')).audit(options))
  addFaults(add('faults', 'show or switch the faults of a running `souk mint run`'))
    .option('--up', 'answer again')
    .option('--clear', 'no faults')
    .action(async (options) => (await import('./commands/mint.ts')).faults(options))
}

function addDoctor(program: Command): void {
  addFolderOptions(program.command('doctor').description('What works here, and what to do about what does not'))
    .option('--relay <url>', 'look at this relay too; repeat for more', relayUrls)
    .option('--ollama-url <url>', 'address of Ollama', ollamaUrl)
    .addHelpText('after', `
It looks and changes nothing. The exit status is 0 when all that the sandbox needs works.

Examples:
  souk doctor
  souk doctor --relay wss://relay.example --json`)
    .action(async (options) => (await import('./commands/doctor.ts')).doctor(options))
}
