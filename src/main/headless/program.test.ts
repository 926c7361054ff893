import { CommanderError, type Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from './program.ts'

/** Parses without running anything: what is right would go on to the command. */
async function parse(args: readonly string[]): Promise<string> {
  let said = ''
  const program = createProgram(false)
  const quieten = (command: Command) => {
    command.configureOutput({ writeOut: (text) => void (said += text), writeErr: (text) => void (said += text) })
    for (const child of command.commands) quieten(child)
  }
  quieten(program)
  const problem: unknown = await program.parseAsync(args, { from: 'user' }).then(() => null, (error: unknown) => error)
  expect(problem).toBeInstanceOf(CommanderError)
  return said
}

test.for([['provider'], ['customer'], ['release'], ['claim'], ['serve'], ['channel'], ['mute'], ['unmute'], ['mutes'], ['receipt'], ['wallet'], ['limits'], ['identity'], ['relay'], ['mint'], ['doctor']])('souk %s --help shows examples', async ([command]) => {
  const help = await parse([command ?? '', '--help'])
  expect(help).toContain('Examples:')
  expect(help.split('Examples:')[1]).toContain(`souk ${command}`)
})

test('souk --help names every command, exit status and variable', async () => {
  const help = await parse(['--help'])
  for (const word of ['provider', 'customer', 'release', 'claim', 'serve', 'channel', 'mute', 'unmute', 'mutes', 'receipt', 'wallet', 'limits', 'identity', 'relay', 'mint', 'doctor', 'Exit status', '130 interrupted', 'SOUK_HOME', 'SOUK_NWC']) expect(help).toContain(word)
})

test.for<[string, string[], RegExp]>([
  ['an unknown command', ['buy'], /unknown command 'buy'/],
  ['a surplus argument', ['provider', 'now'], /too many arguments/],
  ['a price that is no number', ['provider', '--price', '1e3'], /whole number/],
  ['a negative price', ['provider', '--price', '-1'], /whole number/],
  ['an empty number', ['provider', '--price', ''], /whole number/],
  ['a relay that is no address', ['provider', '--relay', 'relay.example'], /wss:\/\//],
  ['a relay with a password', ['provider', '--relay', 'wss://me:secret@relay.example'], /no password/],
  ['a channel that is none', ['provider', '--channel', 'abc'], /64 hex/],
  ['a new channel and an old one at once', ['provider', '--create-channel', '--channel', 'a'.repeat(64)], /cannot be used with/],
  ['a name of nothing', ['provider', '--name', ' '], /1 to 80/],
  ['a backend that is none', ['provider', '--backend', 'gpt'], /auto, ollama, toy/],
  ['an amount with too many decimals', ['wallet', 'receive', '0.0001'], /three decimals/],
  ['nothing to receive', ['wallet', 'receive', '0'], /more than nothing/],
  ['an invoice cut off', ['wallet', 'send', 'lnbcrt1abc'], /checksum/],
  ['no invoice at all', ['wallet', 'send'], /missing required argument/],
  ['a hash that is none', ['wallet', 'lookup', 'abc'], /64 hex/],
  ['an address of Ollama that is none', ['provider', '--ollama-url', 'ftp://x'], /http:\/\//],
  ['a fault that is none', ['mint', 'faults', '--pay', 'explode'], /timeout-then-paid/],
  ['a fault of holds that is none', ['mint', 'faults', '--hold', 'explode'], /request-lost/],
  ['a fault of messages that is none', ['mint', 'run', '--messages', 'explode'], /reordered/],
  ['a channel to join that is none', ['channel', 'join', 'general'], /64 hex/],
  ['no channel to join', ['channel', 'join'], /missing required argument/],
  ['a channel without a name', ['channel', 'create', ' '], /1 to 80/],
  ['a description beyond its bound', ['channel', 'create', 'x', '--about', 'y'.repeat(501)], /at most 500/],
  ['something that channels cannot do', ['channel', 'jion', 'a'.repeat(64)], /unknown command 'jion'[^]*Did you mean join/],
  ['a key that is a name', ['mute', 'Parrot'], /npub, 64 hex/],
  ['too little of a key', ['mute', 'abc'], /first four/],
  ['an npub with a slip', ['unmute', 'npub1zutzeysacnf9rru6zqwmxd54mud0k44tst6l70ja5mhv8jjumytsd2x7nv'], /npub, 64 hex/],
  ['a secret key in the place of a public one', ['mute', 'nsec10allq0gjx7fddtzef0ax00mdps9t2kmtrldkyjfs8l5xruwvh2dq0lhhkp'], /npub, 64 hex/],
  ['nobody to mute', ['mute'], /missing required argument/],
  ['a job to release that is none', ['release', '15'], /job_0123456789abcdef/],
  ['a job to claim that is none', ['claim', 'all'], /job_0123456789abcdef/],
  ['a way to settle that is none', ['provider', '--settlement', 'barter'], /prepay, escrow, sealed, metered/],
  ['a deposit beyond the price', ['provider', '--deposit', '101'], /from 0 to 100/],
  ['a limit that is no amount', ['limits', '--per-job', 'lots'], /three decimals/],
  ['a stop of something', ['wallet', 'stop', 'now'], /too many arguments/],
  ['two jobs to release at once', ['release', `job_${'a'.repeat(16)}`, `job_${'b'.repeat(16)}`], /too many arguments/],
  ['a release that is neither', ['customer', '--release', 'later'], /auto, ask/],
  ['a command that is misspelt', ['relaese'], /unknown command 'relaese'[^]*Did you mean release/],
  ['a port beyond ports', ['relay', '--port', '70000'], /0 to 65535/],
])('%s is refused with what would be right', async ([, args, words]) => {
  expect(await parse(args)).toMatch(words)
})
