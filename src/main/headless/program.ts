/** The commands of `souk`. What a command does is loaded when it is called. */
import { Command } from 'commander'
import { EXIT } from './exitCodes.ts'
import { addChannelCommands } from './channelCommands.ts'
import { addMarketCommands } from './marketCommands.ts'
import { addReceiptCommands } from './receiptCommands.ts'
import { addToolCommands } from './toolCommands.ts'
import { VERSION } from './version.ts'

export function createProgram(wantsJson: boolean): Command {
  const program = new Command('souk')
    .description('Sell and buy language-model answers by the job: peer to peer over Nostr, paid over Lightning.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(souk --help, or souk COMMAND --help, says how)')
    .addHelpText('after', `
Start with:
  souk provider                           sell, on the sandbox of this machine
  souk customer --prompt "What is 2+2?"   buy, in another terminal
  souk serve                              the app, in the browser
  souk doctor                             what works here, and what to do about the rest

Exit status: ${EXIT.ok} done, ${EXIT.failed} failed, ${EXIT.usage} wrong arguments, ${EXIT.nothingFound} no seller fits or nothing found, ${EXIT.refused} refused before paying,
${EXIT.timedOut} timed out before paying, ${EXIT.undelivered} paid and not delivered (recorded), ${EXIT.unknown} payment sent and its outcome unknown, ${EXIT.interrupted} interrupted.

Environment: SOUK_HOME, or SOUK_DATA and SOUK_SANDBOX (folders); SOUK_PASSPHRASE (opens the secrets); SOUK_NWC and
SOUK_NETWORK (a wallet of your own, and its network); OLLAMA_HOST.`)
  if (wantsJson) {
    program.configureOutput({
      outputError(text) {
        const message = text.replace(/^error: /, '').trim()
        process.stdout.write(`${JSON.stringify({ type: 'error', code: 'usage', message })}\n`)
      },
    })
  }
  addMarketCommands(program)
  addChannelCommands(program)
  addReceiptCommands(program)
  addToolCommands(program)
  return program
}
