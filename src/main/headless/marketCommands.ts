/** What selling, buying and serving take on the command line. */
import { Option, type Command } from 'commander'
import { DIALECTS } from '#shared/market/dialect.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { channelId, collect, jobId, ollamaUrl, relayUrls, sellerName, settlementMode, wholeNumber } from './arguments.ts'
import { addFolderOptions, addPassphraseOption } from './commonOptions.ts'

const MOST_MSATS = 9_000_000_000_000

function addMarketOptions(command: Command): Command {
  return addPassphraseOption(addFolderOptions(command))
    .option('--relay <url>', 'market relay instead of the sandbox’s own; repeat for more', relayUrls)
    .option('--relay-read <url>', 'the same, only to read', relayUrls)
    .option('--relay-write <url>', 'the same, only to publish on', relayUrls)
    .option('--no-wallet', 'trial without money: invoices count as paid (refused on mainnet)')
    .addOption(new Option('--backend <kind>', 'what answers').choices(['auto', 'ollama', 'toy']))
    .option('--ollama-url <url>', 'address of Ollama', ollamaUrl)
    .addOption(new Option('--toy-speed <tokens>', 'tokens per second of the toy').argParser(wholeNumber(1, 1_000_000)).hideHelp())
    .addOption(new Option('--no-house', 'host the sandbox without its house seller').hideHelp())
}

export function addMarketCommands(program: Command): void {
  addMarketOptions(program.command('provider').description('Sell answers until interrupted'))
    .addOption(new Option('--create-channel', 'open a new channel for the jobs').conflicts('channel'))
    .option('--channel <id>', 'take jobs in this channel (default: the last one; at first a new one)', channelId)
    .option('--model <name>', 'offer this model; repeat for more (default: as the last time; at first all)', collect)
    .option('--price <msats>', 'price of a request, in millisatoshi (default: as the last time; at first 10000)', wholeNumber(0, MOST_MSATS))
    .option('--stream', 'send the answer as it is made; without it, whole at the end')
    .option('--name <text>', 'name in the listing', sellerName)
    .option('--max-tokens <n>', 'longest answer', wholeNumber(1, 131_072))
    .option('--open-requests', 'answer requests that name no seller, too (default: as the last time; at first yes)')
    .option('--no-open-requests', 'answer only who asks this seller by name')
    .option('--allow-urls', 'fetch public pages that a request names by their address (default: as the last time; at first not)')
    .option('--no-allow-urls', 'refuse requests that name a page')
    .addOption(new Option('--settlement <mode>', 'take jobs that are settled so; repeat for more (default: as the last time; at first every way)').choices(SETTLEMENTS).argParser(settlementMode))
    .option('--job-limit <seconds>', 'how long a job may take: what is locked for it has to last three minutes longer (at first 600)', wholeNumber(30, 86_400))
    .option('--preview <percent>', 'sealed: how much of an answer is shown before it is paid (at first 30)', wholeNumber(0, 90))
    .option('--deposit <percent>', 'sealed: how much of the price is paid before the work (at first 0)', wholeNumber(0, 100))
    .option('--credit <msats>', 'sealed: worth of answers that a customer may leave unpaid in a day; all without a name of their own together (at first 50000)', wholeNumber(0, MOST_MSATS))
    .option('--input-price <msats>', 'metered: price of 1,000 tokens read (at first 1000)', wholeNumber(0, MOST_MSATS))
    .option('--output-price <msats>', 'metered: price of 1,000 tokens written (at first 20000)', wholeNumber(1, MOST_MSATS))
    .option('--tick <tokens>', 'metered: how much of the answer is ever ahead of its payment, or the other way round (at first 300)', wholeNumber(16, 8_192))
    .option('--grace <seconds>', 'metered: how long a paused answer waits for its payment (at first 60)', wholeNumber(5, 3_600))
    .addHelpText('after', `
Examples:
  souk provider --create-channel --stream
  souk provider --channel 5f…e1 --model llama3.2 --price 10000 --relay wss://relay.example
  souk provider --settlement sealed --settlement escrow --deposit 10 --credit 100000
  souk provider --backend toy --no-wallet --json`)
    .action(async (options) => (await import('./commands/provider.ts')).provider(options))

  addMarketOptions(program.command('customer').description('Buy one answer; it is written to standard output'))
    .option('--channel <id>', 'also look for sellers in this channel', channelId)
    .option('--discover', 'look for sellers by their listings (always done; kept for scripts)')
    .option('--prompt <text>', 'the question; - or nothing reads standard input')
    .option('--select <rule>', 'cheapest (the default), first, or the start of a seller’s public key')
    .addOption(new Option('--open', 'ask anyone, in public (in nip90)').conflicts('select'))
    .addOption(new Option('--dialect <name>', 'ask in this dialect only (default: the best that the seller speaks)').choices(DIALECTS))
    .addOption(new Option('--settlement <mode>', 'how it is paid (default: as in the settings, where the app chooses)').choices(SETTLEMENTS))
    .addOption(new Option('--release <when>', 'what is locked for the answer, or opens it: goes by itself, or when you ask (souk release; default: as in the settings)').choices(['auto', 'ask']))
    .option('--encrypted', 'hide question and answer from the relays, in nip90 too')
    .option('--max-price <msats>', 'most that the request may cost, in millisatoshi', wholeNumber(0, MOST_MSATS))
    .option('--max-tokens <n>', 'longest answer', wholeNumber(1, 131_072))
    .option('--discovery-time <seconds>', 'how long to look for sellers', wholeNumber(1, 600), 3)
    .addHelpText('after', `
Examples:
  souk customer --discover --select cheapest --max-price 20000 --prompt "What is 2+2?"
  cat question.txt | souk customer --json
  souk customer --select 8d146c70 --prompt "Again, you." > answer.md
  souk customer --open --max-price 20000 --prompt "Who knows?"
  souk customer --settlement escrow --prompt "Locked until the answer is there."
  souk customer --settlement escrow --release ask --prompt "Paid once I have read it."

Ctrl-C stops the job: before the payment nothing is spent, after it the price is, and what arrived is kept.`)
    .action(async (options) => (await import('./commands/customer.ts')).customer(options))

  addPassphraseOption(addFolderOptions(program.command('release').description('Release what is locked for an answer, or open a sealed one; without a job, list what waits')))
    .argument('[job]', 'the job’s id', jobId)
    .option('--yes', 'without asking')
    .option('--relay <url>', 'market relay instead of the sandbox’s own; repeat for more', relayUrls)
    .addOption(new Option('--no-house', 'host the sandbox without its house seller').hideHelp())
    .addHelpText('after', `
A question that was asked with --release ask, or under that setting of the app, waits for you: what is locked for it goes
to the seller only when you release it, and comes back by itself when you do not. The answer is written to standard output.

Examples:
  souk release
  souk release job_5f3a9c0d1e2b4a67
  souk release job_5f3a9c0d1e2b4a67 --yes > answer.md`)
    .action(async (job, options) => (await import('./commands/release.ts')).release(job, options))

  addPassphraseOption(addFolderOptions(program.command('claim').description('Ask a seller to pay back what it owes you; without a job, list what is owed')))
    .argument('[job]', 'the job’s id', jobId)
    .option('--relay <url>', 'market relay instead of the sandbox’s own; repeat for more', relayUrls)
    .addOption(new Option('--no-house', 'host the sandbox without its house seller').hideHelp())
    .addHelpText('after', `
What was paid for and not delivered is owed. A seller is asked for it by itself as soon as it is seen again, or asked
for something new; here it is asked now.

Examples:
  souk claim
  souk claim job_5f3a9c0d1e2b4a67`)
    .action(async (job, options) => (await import('./commands/claim.ts')).claim(job, options))

  addMarketOptions(program.command('serve').description('The app in a browser: prints an address that works once'))
    .option('--host <address>', 'listen here; anything but loopback is reachable by others, unencrypted', '127.0.0.1')
    .option('--port <n>', 'listen on this port; 0 takes the one of the last time, or a free one', wholeNumber(0, 65_535), 0)
    .addHelpText('after', `
Examples:
  souk serve
  souk serve --data ./second --port 8080
  ssh -L 8080:127.0.0.1:8080 gpu-box souk serve --port 8080   (a machine without a screen)`)
    .action(async (options) => (await import('./commands/serve.ts')).serve(options))
}
