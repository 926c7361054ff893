import type { MutedAuthor } from '#engine/customer/mutes/mutes.ts'
import { connectToMarket } from '../connectToMarket.ts'
import { EXIT } from '../exitCodes.ts'
import { withEngine, type Session, type SessionOptions } from '../session.ts'
import { alignColumns, localMinute } from '../table.ts'
import { CommandFailed, orInterrupted } from '../terminal.ts'
import { waitFor } from '../waitFor.ts'

interface MuteOptions extends SessionOptions {
  readonly discoveryTime: number
  readonly publicly?: boolean | undefined
}

/** A relay's answer. */
const PUBLISH_MS = 8_000
const NOBODY = 'Interrupted. Nobody was muted.'

/** `key` is hex: a whole one is taken as it is, known or not; the start of one is looked for among those who sell. */
export function mute(key: string, options: MuteOptions): Promise<void> {
  return withMutes(options, async (session) => {
    const { engine, output } = session
    const { pubkey, name } = await findSeller(session, key, options)
    const wasMuted = engine.mutes.isMuted(pubkey)
    const muted = engine.mutes.mute(pubkey, name, options.publicly ?? false)
    if (!muted.ok) throw new CommandFailed(muted.error.code === 'own-key' ? EXIT.usage : EXIT.failed, muted.error.code, muted.error.message)
    const shown = name === '' ? pubkey.slice(0, 12) : `${name} (${pubkey.slice(0, 12)})`
    output.say(wasMuted ? `${shown} was muted already.` : `${shown} is muted: its offers are hidden, and never chosen. \`souk unmute ${pubkey.slice(0, 12)}\` takes it back.`)
    output.tell({ type: 'muted', pubkey, name, saved: await publish(session) })
  })
}

export function unmute(key: string, options: SessionOptions): Promise<void> {
  return withMutes(options, async (session) => {
    const { engine, output } = session
    const found = [...engine.mutes.muted.get().values()].filter(({ pubkey }) => pubkey.startsWith(key))
    const [author] = found
    if (author === undefined) throw new CommandFailed(EXIT.nothingFound, 'not-muted', `Nobody whose key starts with ${key.slice(0, 12)} is muted. \`souk mutes\` lists who is.`)
    if (found.length > 1) throw ambiguous(key, found.map(({ pubkey }) => pubkey), 'muted keys')
    engine.mutes.unmute(author.pubkey)
    output.say(`${author.name === '' ? author.pubkey.slice(0, 12) : author.name} is shown again.`)
    output.tell({ type: 'unmuted', pubkey: author.pubkey, name: author.name, saved: await publish(session) })
  })
}

export function list(options: SessionOptions): Promise<void> {
  return withMutes(options, ({ engine, output }) => {
    const authors = [...engine.mutes.muted.get().values()].toSorted((a, b) => (b.mutedAt ?? 0) - (a.mutedAt ?? 0))
    for (const author of authors) output.tell({ type: 'mute', ...author })
    if (authors.length === 0) output.say('Nobody is muted.')
    else for (const line of alignColumns([['Key', 'Muted', 'Name'], ...authors.map(describeRow)])) output.print(line)
    const { state, problem } = engine.mutes.status.get()
    output.tell({ type: 'mutes', count: authors.length, state, ...(problem === null ? {} : { problem }) })
    return Promise.resolve()
  })
}

/** Changing the list opens no shop: where the sandbox is hosted for it, the house stays closed. */
function withMutes(options: SessionOptions, run: (session: Session) => Promise<void>): Promise<void> {
  return withEngine({ ...options, house: false }, 'terminal', run)
}

async function findSeller(session: Session, key: string, options: MuteOptions): Promise<{ readonly pubkey: string; readonly name: string }> {
  const { engine, output, interrupt } = session
  const isWhole = key.length === 64
  if (options.publicly === true) await connectToMarket(session, NOBODY)
  const sellers = () => new Map([...engine.directory.offers.get().values()].filter(({ pubkey }) => pubkey.startsWith(key)).map(({ pubkey, name }) => [pubkey, name]))
  if (!isWhole) {
    await connectToMarket(session, NOBODY)
    output.say('Looking for this seller…')
  }
  await orInterrupted(waitFor(engine.clock, engine.directory.loaded, () => engine.directory.loaded.get(), options.discoveryTime * 1_000), interrupt, NOBODY)
  const found = [...sellers()].map(([pubkey, name]) => ({ pubkey, name }))
  if (found.length > 1) throw ambiguous(key, found.map(({ pubkey }) => pubkey), 'sellers')
  if (found[0] !== undefined) return found[0]
  if (isWhole) return { pubkey: key, name: '' }
  throw new CommandFailed(EXIT.nothingFound, 'not-found', `No live seller has a key that starts with ${key}. Give the whole key, as npub or in hex.`)
}

function ambiguous(key: string, pubkeys: readonly string[], what: string): CommandFailed {
  const shown = pubkeys.slice(0, 3).map((pubkey) => pubkey.slice(0, 12))
  return new CommandFailed(EXIT.usage, 'ambiguous', `${pubkeys.length} ${what} start with ${key}: ${shown.join(', ')}${pubkeys.length > 3 ? ', …' : ''}. Give more of the key.`)
}

/** Waits for what is on its way to the relays; says where it holds, which changes nothing here. */
async function publish({ engine, output, interrupt }: Session): Promise<boolean> {
  await Promise.race([engine.mutes.flush(PUBLISH_MS), interrupt.interrupted])
  const { state, problem } = engine.mutes.status.get()
  if (problem !== null) output.say(problem)
  return state === 'saved'
}

function describeRow({ pubkey, name, mutedAt, publicly }: MutedAuthor): string[] {
  return [pubkey, mutedAt === null ? 'elsewhere' : localMinute(mutedAt), `${name === '' ? '(unnamed)' : name}${publicly ? ', publicly' : ''}`]
}
