import type { ChannelEntry } from '#engine/customer/channels/channels.ts'
import type { Result } from '#shared/market/result.ts'
import { connectToMarket } from '../connectToMarket.ts'
import { EXIT } from '../exitCodes.ts'
import { withEngine, type Session, type SessionOptions } from '../session.ts'
import { alignColumns } from '../table.ts'
import { CommandFailed, orInterrupted } from '../terminal.ts'
import { waitFor } from '../waitFor.ts'

interface ChannelOptions extends SessionOptions {
  readonly discoveryTime: number
}

interface ListOptions extends ChannelOptions {
  readonly joined?: boolean | undefined
}

interface CreateOptions extends ChannelOptions {
  readonly about: string
}

const INTERRUPTED = 'Interrupted.'
const SHOWN_NAME = 40
const SHOWN_ABOUT = 60

export function list(options: ListOptions): Promise<void> {
  return withChannels(options, async (session) => {
    const { engine, output } = session
    if (options.joined !== true) await findChannels(session, options.discoveryTime)
    const channels = [...engine.channels.known.get().values()].filter(({ joined }) => joined || options.joined !== true).toSorted(compareChannels)
    for (const channel of channels) output.tell({ type: 'channel', ...describe(session, channel) })
    if (channels.length === 0) output.say(options.joined === true ? 'You have joined no channel. `souk channel list` shows those on your relays.' : 'There is no channel on these relays. `souk channel create NAME` opens one.')
    else for (const line of alignColumns([['', 'Name', 'Offers', 'Id', 'About'], ...channels.map((channel) => describeRow(session, channel))], [2])) output.print(line)
  })
}

export function create(name: string, options: CreateOptions): Promise<void> {
  return withChannels(options, async (session) => {
    const { engine, output, interrupt } = session
    await connectToMarket(session, INTERRUPTED)
    const { channelId } = valueOf(await orInterrupted(engine.channels.create(name, options.about), interrupt, 'Interrupted. The channel may have been published.'))
    output.say('The channel is open, and you have joined it. Others join it by its id:')
    output.print(channelId)
    output.tell({ type: 'created', channelId, name })
  })
}

export function join(channelId: string, options: ChannelOptions): Promise<void> {
  return withChannels(options, async (session) => {
    const { engine, output, interrupt } = session
    const isNew = engine.channels.known.get().get(channelId)?.joined !== true
    valueOf(engine.channels.join(channelId))
    const nameOf = () => engine.channels.known.get().get(channelId)?.name ?? ''
    await orInterrupted(waitFor(engine.clock, engine.channels.known, () => nameOf() !== '', options.discoveryTime * 1_000), interrupt, INTERRUPTED)
    const name = nameOf()
    output.say(isNew ? `Joined ${name === '' ? 'it. No relay has said yet what it is called' : name}. Its offers are in the directory from now on.` : `You had joined ${name === '' ? 'it' : name} already.`)
    output.tell({ type: 'joined', channelId, name })
  })
}

export function leave(channelId: string, options: ChannelOptions): Promise<void> {
  return withChannels(options, ({ engine, output }) => {
    const name = engine.channels.known.get().get(channelId)?.name ?? ''
    const left = engine.channels.leave(channelId)
    if (!left.ok) throw new CommandFailed(EXIT.nothingFound, left.error.code, `${left.error.message} \`souk channel list --joined\` shows those that you have.`)
    output.say(`Left ${name === '' ? 'it' : name}.`)
    output.tell({ type: 'left', channelId, name })
    return Promise.resolve()
  })
}

/** Looking at channels opens no shop: where the sandbox is hosted for it, the house stays closed. */
function withChannels(options: ChannelOptions, run: (session: Session) => Promise<void>): Promise<void> {
  return withEngine({ ...options, house: false }, 'terminal', run)
}

async function findChannels(session: Session, seconds: number): Promise<void> {
  const { engine, interrupt } = session
  await connectToMarket(session, INTERRUPTED)
  const end = engine.channels.browse()
  try {
    const found = [
      waitFor(engine.clock, engine.channels.loaded, () => engine.channels.loaded.get(), seconds * 1_000),
      waitFor(engine.clock, engine.directory.loaded, () => engine.directory.loaded.get(), seconds * 1_000),
    ]
    await orInterrupted(Promise.all(found), interrupt, INTERRUPTED)
  } finally {
    end()
  }
}

function compareChannels(a: ChannelEntry, b: ChannelEntry): number {
  return Number(b.joined) - Number(a.joined) || (b.createdAt ?? 0) - (a.createdAt ?? 0) || a.name.localeCompare(b.name)
}

function countOffers({ engine }: Session, channelId: string): number {
  let count = 0
  for (const offer of engine.directory.offers.get().values()) if (offer.channelId === channelId) count += 1
  return count
}

function describe(session: Session, channel: ChannelEntry) {
  return { ...channel, offers: countOffers(session, channel.channelId) }
}

function describeRow(session: Session, { channelId, name, about, joined }: ChannelEntry): string[] {
  return [joined ? 'joined' : '', shorten(name === '' ? '(unnamed)' : name, SHOWN_NAME), String(countOffers(session, channelId)), channelId, shorten(about, SHOWN_ABOUT)]
}

function shorten(text: string, length: number): string {
  const characters = Array.from(text)
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new CommandFailed(EXIT.failed, result.error.code, result.error.message)
  return result.value
}
