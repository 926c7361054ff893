#!/usr/bin/env node
/** `souk`: the engine in the terminal. Every command loads only what it needs. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT } from './exitCodes.ts'
import { CommandFailed } from './terminal.ts'
import { VERSION } from './version.ts'

const program = new Command('souk')
  .description('Sell and buy language-model answers by the job: peer to peer over Nostr, paid over Lightning.')
  .version(VERSION)
  .showHelpAfterError('(souk --help, or souk COMMAND --help, says how)')
  .addHelpText('after', `
Exit status: ${EXIT.ok} done, ${EXIT.failed} failed, ${EXIT.usage} wrong arguments, ${EXIT.nothingFound} no seller fits, ${EXIT.refused} refused before paying,
${EXIT.timedOut} timed out before paying, ${EXIT.undelivered} paid and not delivered (recorded), ${EXIT.interrupted} interrupted.

Environment: SOUK_HOME or SOUK_DATA and SOUK_SANDBOX (folders), SOUK_PASSPHRASE, SOUK_NWC and SOUK_NETWORK (a wallet of your own), OLLAMA_HOST.`)

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`)
  return value
}
const collect = (value: string, before: readonly string[] = []) => [...before, value]
const relayUrl = (value: string, before: readonly string[] = []) => {
  if (!/^wss?:\/\/\S+$/.test(value)) throw new InvalidArgumentError('An address that starts with wss:// or ws://.')
  return [...before, value]
}
const channelId = (value: string) => {
  if (!/^[0-9a-f]{64}$/.test(value)) throw new InvalidArgumentError('The 64 hex characters of a channel’s id.')
  return value
}

function addCommand(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--data <folder>', 'where this Souk keeps its store and secrets')
    .option('--passphrase-fd <n>', 'read the passphrase from this file descriptor', number(0, 1_000))
    .option('--json', 'one JSON object a line on standard output')
    .option('--verbose', 'log what happens, on standard error')
}

function addMarketOptions(command: Command): Command {
  return command
    .option('--relay <url>', 'market relay instead of the sandbox’s own; repeat for more', relayUrl)
    .option('--no-wallet', 'trial without money: invoices count as paid (never on mainnet)')
}

function addBackendOptions(command: Command): Command {
  return command
    .addOption(new Option('--backend <kind>', 'what answers').choices(['auto', 'ollama', 'toy']))
    .option('--ollama-url <url>', 'address of Ollama')
    .addOption(new Option('--toy-speed <tokens>', 'tokens per second of the toy').argParser(number(1, 1_000_000)).hideHelp())
    .addOption(new Option('--no-house', 'host the sandbox without its house seller').hideHelp())
}

addBackendOptions(addMarketOptions(addCommand('provider', 'Sell answers until interrupted')))
  .option('--create-channel', 'open a new channel for the jobs')
  .option('--channel <id>', 'take jobs in this channel', channelId)
  .option('--model <name>', 'offer this model; repeat for more (default: all)', collect)
  .option('--price <msats>', 'price of a request, in millisatoshi', number(0, 9_000_000_000_000))
  .option('--stream', 'send the answer as it is made')
  .option('--name <text>', 'name in the listing')
  .option('--max-tokens <n>', 'longest answer', number(1, 131_072))
  .addHelpText('after', `
Examples:
  souk provider --create-channel --stream
  souk provider --channel 5f…e1 --model llama3.2 --price 10000 --relay wss://relay.example`)
  .action(async (options) => (await import('./commands/provider.ts')).provider(options))

addBackendOptions(addMarketOptions(addCommand('customer', 'Buy one answer; it is written to standard output')))
  .option('--channel <id>', 'also look for sellers in this channel', channelId)
  .option('--discover', 'look for sellers by their listings (always done; kept for scripts)')
  .option('--prompt <text>', 'the question; - or nothing reads standard input')
  .option('--select <rule>', 'cheapest, first, or the start of a seller’s public key', 'cheapest')
  .option('--max-price <msats>', 'most that the request may cost, in millisatoshi', number(0, 9_000_000_000_000))
  .option('--max-tokens <n>', 'longest answer', number(1, 131_072))
  .option('--discovery-time <seconds>', 'how long to look for sellers', number(1, 600), 3)
  .addHelpText('after', `
Examples:
  souk customer --discover --select cheapest --max-price 20000 --prompt "What is 2+2?"
  cat question.txt | souk customer --json`)
  .action(async (options) => (await import('./commands/customer.ts')).customer(options))

addBackendOptions(addMarketOptions(addCommand('serve', 'The app in a browser: prints an address that works once')))
  .option('--host <address>', 'listen here; anything but loopback is reachable by others, unencrypted', '127.0.0.1')
  .option('--port <n>', 'listen on this port; 0 takes a free one', number(0, 65_535), 0)
  .addHelpText('after', `
Examples:
  souk serve
  souk serve --data ./second --port 8080`)
  .action(async (options) => (await import('./commands/serve.ts')).serve(options))

program.exitOverride()
try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}

function explain(error: unknown): number {
  if (error instanceof CommandFailed) {
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ type: 'error', code: error.code, message: error.message })}\n`)
    else process.stderr.write(`souk: ${error.message}\n`)
    return error.exitCode
  }
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  process.stderr.write(`souk: ${error instanceof Error ? error.message : String(error)}\nThis is a bug. --verbose says more.\n`)
  return EXIT.failed
}
