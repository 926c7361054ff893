import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Clock } from '../ports.ts'
import type { PoolLimits } from './poolLimits.ts'
import { parseRelayAddress } from './relayAddress.ts'
import type { RelayConnection } from './relayConnection.ts'
import { isPublicUrl } from './relayHost.ts'
import type { RelayUse } from './relayPool.ts'

/** One relay that the pool is connected to, or trying to be. */
export interface Member {
  readonly connection: RelayConnection
  /** Of a guest: none, it is used by those who name it. */
  use: RelayUse
  isGuest: boolean
  /** How many need it now, and when it was last named or let go. */
  holds: number
  usedAtMs: number
}

/** Which relays there are: those of the list, and guests for as long as they are used. */
export interface RelayRoster {
  /** A relay of the list, new or with another use. A guest that is added stays. */
  add(url: string, use: RelayUse | undefined): Result<Member>
  remove(url: string): void
  get(url: string): Member | undefined
  /** The one of that address, a new guest if need be; the problem when it may not be one. */
  invite(url: string): Result<Member>
  /** Keeps it until the returned function is called. */
  hold(member: Member): () => void
  listed(use?: 'read' | 'write'): readonly Member[]
  all(): readonly Member[]
  close(): Promise<void>
}

export interface RelayRosterOptions {
  readonly clock: Clock
  readonly limits: Pick<PoolLimits, 'maxRelays' | 'maxGuests' | 'guestIdleMs' | 'guestHeldMs'>
  /** For tests: a stranger may name any address. */
  readonly allowPrivateGuests: boolean
  connect(url: string): RelayConnection
  /** After it has joined, before it is opened. */
  onJoined(member: Member): void
  /** Whether something is still kept for a relay that nobody holds. */
  isAwaited(url: string): boolean
}

const BOTH: RelayUse = { read: true, write: true }
const NEITHER: RelayUse = { read: false, write: false }

export function createRelayRoster(options: RelayRosterOptions): RelayRoster {
  const { clock, limits } = options
  const members = new Map<string, Member>()
  let cancelSweep: (() => void) | null = null

  const guests = () => [...members.values()].filter(({ isGuest }) => isGuest)

  const join = (url: string, use: RelayUse, isGuest: boolean): Member => {
    const member: Member = { connection: options.connect(url), use, isGuest, holds: 0, usedAtMs: clock.now() }
    members.set(url, member)
    options.onJoined(member)
    member.connection.open()
    return member
  }
  const leave = (member: Member): Promise<void> => {
    members.delete(member.connection.url)
    return member.connection.close()
  }

  const sweep = () => {
    cancelSweep = null
    for (const guest of guests()) {
      const isIdle = guest.holds === 0 && clock.now() - guest.usedAtMs >= limits.guestIdleMs
      if (isIdle && !options.isAwaited(guest.connection.url)) void leave(guest)
    }
    sweepLater()
  }
  const sweepLater = () => {
    if (guests().some(({ holds }) => holds === 0)) cancelSweep ??= clock.after(limits.guestIdleMs, sweep)
  }

  /** Who waits for a seller that stays silent holds its relay for a day: after a while others are let in before it. */
  const mayLeave = ({ holds, usedAtMs }: Member) => holds === 0 || clock.now() - usedAtMs >= limits.guestHeldMs

  const makeRoom = (): boolean => {
    const current = guests()
    if (current.length < limits.maxGuests) return true
    const [first] = current.filter(mayLeave).toSorted((a, b) => Number(a.holds > 0) - Number(b.holds > 0) || a.usedAtMs - b.usedAtMs)
    if (first !== undefined) void leave(first)
    return first !== undefined
  }

  return {
    add(url, use) {
      const known = members.get(url)
      if (known !== undefined && !known.isGuest) {
        known.use = use ?? known.use
        return ok(known)
      }
      if (members.size - guests().length >= limits.maxRelays) return fail('full', `There are ${limits.maxRelays} relays already. Remove one first.`)
      if (known === undefined) return ok(join(url, use ?? BOTH, false))
      known.isGuest = false
      known.use = use ?? BOTH
      return ok(known)
    },
    remove(url) {
      const member = members.get(url)
      if (member !== undefined) void leave(member)
    },
    get: (url) => members.get(url),
    invite(text) {
      const address = parseRelayAddress(text)
      if (!address.ok) return address
      const url = address.value
      const known = members.get(url)
      if (known !== undefined) return ok(known)
      if (!options.allowPrivateGuests && !isPublicUrl(url)) return fail('private', 'This relay is not in the list, and not at a public wss:// address.')
      return makeRoom() ? ok(join(url, NEITHER, true)) : fail('full', `There are connections to ${limits.maxGuests} relays outside the list already.`)
    },
    hold(member) {
      member.holds += 1
      member.usedAtMs = clock.now()
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        member.holds -= 1
        member.usedAtMs = clock.now()
        if (member.isGuest && members.has(member.connection.url)) sweepLater()
      }
    },
    listed: (use) => [...members.values()].filter((member) => !member.isGuest && (use === undefined || member.use[use])),
    all: () => [...members.values()],
    async close() {
      cancelSweep?.()
      await Promise.all([...members.values()].map(leave))
    },
  }
}
