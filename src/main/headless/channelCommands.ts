/** What channels and mutes take on the command line. */
import type { Command } from 'commander'
import { channelAbout, channelId, channelName, publicKey, relayUrls, wholeNumber } from './arguments.ts'
import { addFolderOptions, addPassphraseOption } from './commonOptions.ts'

function addOwnOptions(command: Command): Command {
  return addPassphraseOption(addFolderOptions(command)).option('--relay <url>', 'market relay instead of the sandbox’s own; repeat for more', relayUrls)
}

function addOptions(command: Command): Command {
  return addOwnOptions(command)
    .option('--discovery-time <seconds>', 'how long to wait for what the relays have', wholeNumber(1, 600), 3)
}

export function addChannelCommands(program: Command): void {
  addChannel(program)
  addMutes(program)
}

function addChannel(program: Command): void {
  const channel = program.command('channel').description('Rooms where sellers announce themselves: list, create, join, leave').addHelpText('after', `
Examples:
  souk channel list
  souk channel create "Kitchen table GPUs" --about "Small models, small prices"
  souk channel join 5f…e1
  souk channel leave 5f…e1

The directory reads the offers of every channel that is joined, also in the app.`)
  const add = (name: string, description: string) => addOptions(channel.command(name).description(description))

  add('list', 'the channels on the relays, those that are joined first')
    .option('--joined', 'only those that are joined, without asking the relays')
    .action(async (options) => (await import('./commands/channel.ts')).list(options))
  add('create', 'open a new channel under your key, and join it; its id is written to standard output')
    .argument('<name>', 'what it is called', channelName)
    .option('--about <text>', 'what is sold there', channelAbout, '')
    .action(async (name, options) => (await import('./commands/channel.ts')).create(name, options))
  add('join', 'read the offers of a channel from now on')
    .argument('<id>', 'the channel’s id', channelId)
    .action(async (id, options) => (await import('./commands/channel.ts')).join(id, options))
  add('leave', 'read them no longer')
    .argument('<id>', 'the channel’s id', channelId)
    .action(async (id, options) => (await import('./commands/channel.ts')).leave(id, options))
}

function addMutes(program: Command): void {
  addOptions(program.command('mute').description('Hide every offer of a seller'))
    .argument('<key>', 'the seller’s public key: npub, hex, or the start of a live seller’s', publicKey)
    .option('--publicly', 'also say so where everybody can read it (NIP-28)')
    .addHelpText('after', `
Examples:
  souk mute 8d146c70
  souk mute npub1zutzeysacnf9rru6zqwmxd54mud0k44tst6l70ja5mhv8jjumytsd2x7nu

It holds at once, on this computer. While you sell, the list goes encrypted to your relays, for your other Nostr
programs; who only buys shows its key to no relay.`)
    .action(async (key, options) => (await import('./commands/mutes.ts')).mute(key, options))
  addOwnOptions(program.command('unmute').description('Show a seller’s offers again'))
    .argument('<key>', 'the seller’s public key: npub, hex, or its start', publicKey)
    .addHelpText('after', `
Examples:
  souk unmute 8d146c70`)
    .action(async (key, options) => (await import('./commands/mutes.ts')).unmute(key, options))
  addOwnOptions(program.command('mutes').description('Whom you have muted'))
    .addHelpText('after', `
Examples:
  souk mutes
  souk mutes --json`)
    .action(async (options) => (await import('./commands/mutes.ts')).list(options))
}
