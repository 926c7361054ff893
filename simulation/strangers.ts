/** Who is on the relays without a Souk: a liar who speaks to everybody else's jobs, and a seller who cheats. Both sign what they say. */
import { msat, sats, type Msat } from '#shared/market/msat.ts'
import { channelMessageTemplate, channelOf, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import type { EventTemplate, Filter, NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, feedbackTemplate } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import type { NostrCrypto } from '#engine/nostr/crypto.ts'
import type { Socket } from '#engine/ports.ts'
import type { Chance } from './chance.ts'
import { createSeededRandom } from './chance.ts'
import type { Ledger } from './ledger.ts'
import type { Host, Network } from './network.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface Stranger {
  readonly name: string
  readonly pubkey: string
  /** From now on it does nothing any more. */
  retire(): void
  /** What it did, by kind. */
  deeds(): Readonly<Record<string, number>>
}

export interface StrangerOptions {
  readonly seed: string
  readonly time: VirtualTime
  readonly network: Network
  readonly ledger: Ledger
  readonly crypto: NostrCrypto
  readonly chance: Chance
}

interface Voice {
  readonly name: string
  readonly pubkey: string
  isActive(): boolean
  publish(template: EventTemplate): NostrEvent
  say(channelId: string, message: ChannelMessage): void
  nowSecs(): number
  did(deed: string): void
  invoice(amountMsat: Msat, description: string): string
}

interface Role {
  readonly filters: readonly Filter[]
  hear(event: NostrEvent): void
}

const RECONNECT_MS = 5_000
const REMEMBERED = 4_000
const LISTING_SECS = 300

/** Connects to every relay, hears each event once, and speaks to all of them. */
function createStranger(name: string, options: StrangerOptions, playRole: (voice: Voice) => Role): Stranger {
  const { time, network, ledger, crypto } = options
  const signer = crypto.createSigner(createSeededRandom(options.seed, `${name} key`).bytes(32))
  const deeds = new Map<string, number>()
  const heard = new Set<string>()
  const sockets = new Map<string, Socket>()
  let isActive = true
  const host: Host = { name, isAlive: () => true, passPublish: () => {} }
  const voice: Voice = {
    name,
    pubkey: signer.pubkey,
    isActive: () => isActive,
    nowSecs: () => Math.floor(time.now() / 1_000),
    publish(template) {
      const event = signer.sign(template)
      const text = JSON.stringify(['EVENT', event])
      for (const socket of sockets.values()) socket.send(text)
      return event
    },
    say: (channelId, message) => void voice.publish(channelMessageTemplate(channelId, network.urls[0] ?? '', message, voice.nowSecs())),
    did: (deed) => void deeds.set(deed, (deeds.get(deed) ?? 0) + 1),
    invoice: (amountMsat, description) => ledger.createInvoice(name, { amountMsat, description, expirySecs: 180 }).bolt11,
  }
  const role = playRole(voice)

  function connect(url: string): void {
    const socket = network.openWebSocket(host)(url, {
      onOpen() {
        socket.send(JSON.stringify(['REQ', 'all', ...role.filters.map((filter) => ({ ...filter, since: voice.nowSecs() }))]))
      },
      onMessage(text) {
        const frame = JSON.parse(text ?? '[]') as readonly unknown[] // Of our own network.
        if (frame[0] !== 'EVENT' || !isActive) return
        const event = frame[2] as NostrEvent
        if (heard.has(event.id) || event.pubkey === signer.pubkey) return
        heard.add(event.id)
        const [oldest] = heard
        if (heard.size > REMEMBERED && oldest !== undefined) heard.delete(oldest)
        role.hear(event)
      },
      onClose() {
        sockets.delete(url)
        time.after(RECONNECT_MS, () => connect(url))
      },
    })
    sockets.set(url, socket)
  }
  for (const url of network.urls) connect(url)
  return { name, pubkey: signer.pubkey, retire: () => void (isActive = false), deeds: () => Object.fromEntries([...deeds].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

/** Invoices, results, refusals, claims and cancellations for jobs of others, and requests that it never pays for. */
export function createLiar(options: StrangerOptions): Stranger {
  const { chance } = options
  let questions = 0
  return createStranger('liar', options, (voice) => {
    function hearRequest(event: NostrEvent, channelId: string, prompt: string): void {
      const jobId = jobIdOf(event.id)
      switch (chance.between(0, 60)) {
        case 0:
          voice.did('invoice for a job of others')
          return voice.say(channelId, { type: 'Invoice', job_id: jobId, bolt11: voice.invoice(sats(1), `Souk ${jobId}`), amount_msats: sats(1) })
        case 1:
          voice.did('result of a job of others')
          return voice.say(channelId, { type: 'JobResult', job_id: jobId, result: 'The liar says so.' })
        case 2:
          voice.did('refusal of a job of others')
          return void voice.publish(feedbackTemplate({ requestId: event.id, customerPubkey: event.pubkey, status: 'error', text: 'The liar says no.' }, voice.nowSecs()))
        case 3:
          voice.did('cancellation of a job of others')
          return void voice.publish(cancelTemplate(event.id, voice.nowSecs()))
        case 4:
          voice.did('piece of text of a job of others')
          return voice.say(channelId, { type: 'StreamChunk', job_id: jobId, chunk: 'The liar streams.', is_final: false })
        case 5:
          voice.did('claim of a payment for a job of others')
          return voice.say(channelId, { type: 'PaymentSent', job_id: jobId, payment_id: event.id })
        case 6:
          voice.did('request that repeats that of another')
          return voice.say(channelId, { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: 64 })
        case 7:
        case 8:
          return requestForNothing(channelId)
        default:
          return
      }
    }

    function requestForNothing(channelId: string): void {
      voice.did('request that is never paid')
      questions += 1
      const prompt = `Liar’s question ${questions}`
      const event = voice.publish(channelMessageTemplate(channelId, '', { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: 64 }, voice.nowSecs()))
      options.time.after(chance.between(200, 5_000), () => {
        if (!voice.isActive()) return
        voice.did('claim of a payment never made')
        voice.say(channelId, { type: 'PaymentSent', job_id: jobIdOf(event.id), payment_id: '00'.repeat(32) })
      })
    }

    return {
      filters: [{ kinds: [KIND.channelMessage] }],
      hear(event) {
        const channelId = channelOf(event)
        const message = parseChannelMessage(event.content)
        if (channelId === null || !message.ok) return
        if (message.value.type === 'JobRequest') hearRequest(event, channelId, message.value.prompt)
        else if (message.value.type === 'Invoice' && chance.happens(0.02)) {
          voice.did('invoice of another said again')
          voice.say(channelId, message.value)
        }
      },
    }
  })
}

/** Offers like everybody else; then asks too much, asks twice, takes the money and is silent, or answers before it is paid. */
export function createCheat(options: StrangerOptions): Stranger {
  const { chance, time } = options
  const channelId = Buffer.from(createSeededRandom(options.seed, 'cheat channel').bytes(32)).toString('hex')
  const priceMsat = sats(7)
  let lastInvoice: string | null = null
  return createStranger('cheat', options, (voice) => {
    const announce = () => {
      time.after(LISTING_SECS * 1_000, announce)
      if (!voice.isActive()) return
      voice.publish(
        listingTemplate(
          { listingId: 'cheat', name: 'Cheat', about: '', picture: '', priceMsat, models: ['sim'], capabilities: [], relays: [], network: 'regtest', channelId, sparkAddress: '', intervalSecs: LISTING_SECS },
          voice.nowSecs(),
        ),
      )
    }
    time.after(3_000, announce)

    function sendInvoice(jobId: string, bolt11: string, amountMsat: Msat): void {
      lastInvoice = bolt11
      voice.say(channelId, { type: 'Invoice', job_id: jobId, bolt11, amount_msats: amountMsat })
    }

    return {
      filters: [{ kinds: [KIND.channelMessage], '#e': [channelId] }],
      hear(event) {
        const message = parseChannelMessage(event.content)
        if (!message.ok || message.value.type !== 'JobRequest' || message.value.target_provider !== voice.pubkey) return
        const jobId = jobIdOf(event.id)
        const fair = () => voice.invoice(priceMsat, `Souk ${jobId}`)
        const answer = (text: string) => voice.say(channelId, { type: 'JobResult', job_id: jobId, result: text })
        switch (chance.between(0, 6)) {
          case 0:
            voice.did('asked more than was offered')
            return sendInvoice(jobId, voice.invoice(msat(priceMsat + 1), `Souk ${jobId}`), priceMsat)
          case 1:
            voice.did('asked with an invoice used before')
            return sendInvoice(jobId, lastInvoice ?? fair(), priceMsat)
          case 2:
            voice.did('asked twice for one job')
            sendInvoice(jobId, fair(), priceMsat)
            return sendInvoice(jobId, fair(), priceMsat)
          case 3:
            voice.did('answered before it was paid')
            answer('Too early.')
            return sendInvoice(jobId, fair(), priceMsat)
          case 4:
            voice.did('answered twice')
            sendInvoice(jobId, fair(), priceMsat)
            time.after(10_000, () => {
              answer('One answer.')
              answer('Another answer.')
            })
            return
          case 5:
            voice.did('asked with what is no invoice')
            return sendInvoice(jobId, 'lnbcrt1nothing', priceMsat)
          default:
            voice.did('took the money and was silent')
            return sendInvoice(jobId, fair(), priceMsat)
        }
      },
    }
  })
}
