/** Sockets between machines and relays, in virtual time: in order and with a delay, except where a fault says otherwise. */
import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
import type { OpenWebSocket, SocketHandlers } from '#engine/ports.ts'
import type { Chance } from './chance.ts'
import type { Faults } from './faults.ts'
import { createSimulatedRelay, type RelayClient, type SimulatedRelay, type WireEvent } from './relay.ts'
import type { Trace } from './trace.ts'
import type { VirtualTime } from './virtualTime.ts'

/** A machine on the network. */
export interface Host {
  readonly name: string
  isAlive(): boolean
  /** The host may be killed here, before or after it publishes. */
  passPublish(moment: 'before' | 'after'): void
}

export interface Network {
  readonly urls: readonly string[]
  openWebSocket(host: Host): OpenWebSocket
  /** Ends every connection of a host that died. */
  cut(host: Host): void
  takeDown(url: string): void
  bringUp(url: string): void
  empty(url: string): void
  /** Who published what first. */
  authorOf(eventId: string): string | null
  /** Open subscriptions of a host, over all relays. */
  subscriptions(hostName: string): number
  deliveries(): number
}

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly chance: Chance
  readonly faults: Faults
  readonly trace: Trace
}

/** One near, one usual, one far: the time a frame takes, lowest and highest. */
const RELAYS: readonly (readonly [string, number, number])[] = [
  ['wss://near.sim', 2, 12],
  ['wss://usual.sim', 20, 90],
  ['wss://far.sim', 90, 320],
]
const OPENING_MS = 40
const REPLAYED_FROM = 400

interface Link extends RelayClient {
  readonly host: Host
  readonly place: Place
  readonly handlers: SocketHandlers
  state: 'opening' | 'open' | 'closed'
  upUntil: number
  downUntil: number
}

interface Place {
  readonly relay: SimulatedRelay
  readonly name: string
  readonly fastestMs: number
  readonly slowestMs: number
  readonly links: Set<Link>
  isUp: boolean
}

export function createNetwork({ time, chance, faults, trace }: NetworkOptions): Network {
  const places = new Map<string, Place>(
    RELAYS.map(([url, fastestMs, slowestMs]) => [url, { relay: createSimulatedRelay(url), name: url.slice('wss://'.length, -'.sim'.length), fastestMs, slowestMs, links: new Set(), isUp: true }]),
  )
  const authors = new Map<string, string>()
  const wires = new WeakMap<NostrEvent, WireEvent>()
  let deliveries = 0
  let parsed: { readonly text: string; readonly frame: readonly unknown[] } | null = null

  const placeOf = (url: string) => places.get(url.replace(/\/$/, '')) ?? null

  /** The same text goes to several relays one after the other. */
  function parse(text: string): readonly unknown[] {
    if (parsed?.text !== text) parsed = { text, frame: JSON.parse(text) as readonly unknown[] } // Written by the engine's own pool.
    return parsed.frame
  }

  /** Several relays store it: its text is made once. */
  function wireOf(event: NostrEvent): WireEvent {
    const wire = wires.get(event) ?? { event, json: JSON.stringify(event) }
    wires.set(event, wire)
    return wire
  }

  /** In order, unless it is late: then whatever is sent meanwhile overtakes it. */
  function arrivalMs(link: Link, direction: 'upUntil' | 'downUntil'): number {
    const usual = time.now() + chance.between(link.place.fastestMs, link.place.slowestMs)
    if (faults.happens('frame late')) return usual + chance.between(200, 20_000)
    link[direction] = Math.max(link[direction], usual)
    return link[direction]
  }

  function sendUp(link: Link, text: string): void {
    if (link.state !== 'open' || !link.host.isAlive()) return
    const frame = parse(text)
    const isEvent = frame[0] === 'EVENT'
    if (isEvent) {
      link.host.passPublish('before')
      if (!link.host.isAlive()) return
    }
    // A relay that never heard of the end of a subscription keeps it while the connection lasts: nothing that its client leaves open.
    const isLost = faults.happens('frame lost') && frame[0] !== 'CLOSE'
    const copies = isLost ? 0 : faults.happens('frame doubled') ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) {
      time.after(arrivalMs(link, 'upUntil') - time.now(), () => {
        if (link.state === 'open') takeFrame(link, frame)
      })
    }
    if (isEvent) link.host.passPublish('after')
  }

  function takeFrame(link: Link, frame: readonly unknown[]): void {
    const { relay } = link.place
    switch (frame[0]) {
      case 'EVENT':
        return takeEvent(link, frame[1] as NostrEvent)
      case 'REQ':
        return relay.request(link, String(frame[1]), frame.slice(2) as Filter[])
      case 'CLOSE':
        return relay.close(link, String(frame[1]))
      default:
        return
    }
  }

  function takeEvent(link: Link, event: NostrEvent): void {
    if (!authors.has(event.id)) authors.set(event.id, link.host.name)
    const answer = (accepted: boolean, message: string) => link.send(['OK', event.id, accepted, message], `OK ${event.id.slice(0, 12)} ${accepted}`)
    if (faults.happens('event refused')) return answer(false, chance.pick(['rate-limited: slow down', 'error: the disk is full', 'blocked: not here']))
    if (faults.happens('event taken and lost')) return answer(true, '')
    const refusal = link.place.relay.publish(wireOf(event))
    answer(refusal === null, refusal ?? '')
  }

  function sendDown(link: Link, text: string, label: string): void {
    const copies = faults.happens('frame lost') ? 0 : faults.happens('frame doubled') ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) {
      time.wake(arrivalMs(link, 'downUntil') - time.now(), () => {
        if (link.state !== 'open' || !link.host.isAlive()) return
        deliveries += 1
        trace.note(`${link.host.name} hears ${link.place.name}: ${label}`)
        link.handlers.onMessage(text)
      })
    }
  }

  function sendEventDown(link: Link, subscription: string, { event, json }: WireEvent): void {
    const send = (text: string, label: string) => sendDown(link, `["EVENT",${JSON.stringify(subscription)},${text}]`, `EVENT ${subscription} ${event.id.slice(0, 12)}${label}`)
    // A lie comes first, so that a reader that remembers an id before it has checked the signature drops the truth after it.
    if (faults.happens('event altered')) send(JSON.stringify(alter(event)), ' altered')
    if (faults.happens('event forged')) send(JSON.stringify({ ...event, pubkey: String(chance.between(1, 9)).repeat(64) }), ' forged')
    send(json, '')
    if (faults.happens('old event again')) {
      const old = link.place.relay.newest(REPLAYED_FROM)
      if (old.length > 0) send(chance.pick(old).json, ' and an old one')
    }
  }

  function alter(event: NostrEvent): NostrEvent {
    switch (chance.between(0, 3)) {
      case 0:
        return { ...event, content: event.content.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) }
      case 1:
        return { ...event, content: `${event.content} ` }
      case 2:
        return { ...event, created_at: event.created_at + 1 }
      default:
        return { ...event, sig: `${event.sig.slice(0, -1)}${event.sig.endsWith('0') ? '1' : '0'}` }
    }
  }

  function end(link: Link, problem: string | null): void {
    if (link.state === 'closed') return
    link.state = 'closed'
    link.place.links.delete(link)
    link.place.relay.disconnect(link)
    time.wake(0, () => link.handlers.onClose(problem))
  }

  return {
    urls: RELAYS.map(([url]) => url),
    openWebSocket: (host) => (url, handlers) => {
      const place = placeOf(url)
      if (place === null) throw new Error(`nobody is at ${url}`)
      const link: Link = {
        host,
        place,
        handlers,
        state: 'opening',
        upUntil: 0,
        downUntil: 0,
        sendEvent: (subscription, wire) => sendEventDown(link, subscription, wire),
        send: (frame, label) => sendDown(link, JSON.stringify(frame), label),
      }
      place.links.add(link)
      time.wake(OPENING_MS + chance.between(place.fastestMs, place.slowestMs), () => {
        if (link.state !== 'opening') return
        if (!place.isUp || !host.isAlive()) return end(link, 'Nothing answers at this address.')
        link.state = 'open'
        place.relay.connect(link)
        handlers.onOpen()
      })
      return { bufferedAmount: 0, send: (text) => sendUp(link, text), close: () => end(link, null) }
    },
    cut(host) {
      for (const place of places.values()) for (const link of new Set(place.links)) if (link.host === host) end(link, 'The machine is gone.')
    },
    takeDown(url) {
      const place = placeOf(url)
      if (place === null || !place.isUp) return
      place.isUp = false
      trace.note(`${place.name} goes down`)
      for (const link of new Set(place.links)) end(link, 'The other side broke the connection.')
    },
    bringUp(url) {
      const place = placeOf(url)
      if (place === null || place.isUp) return
      place.isUp = true
      trace.note(`${place.name} comes up`)
    },
    empty: (url) => placeOf(url)?.relay.empty(),
    authorOf: (eventId) => authors.get(eventId) ?? null,
    subscriptions: (hostName) => [...places.values()].flatMap(({ links, relay }) => [...links].filter(({ host }) => host.name === hostName).map((link) => relay.subscriptions(link))).reduce((sum, count) => sum + count, 0),
    deliveries: () => deliveries,
  }
}
