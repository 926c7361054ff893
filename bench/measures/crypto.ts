/** Events verified and signed per second: pure JavaScript against what ships. */
import { randomBytes } from 'node:crypto'
import { finalizeEvent, generateSecretKey, verifyEvent } from 'nostr-tools/pure'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { channelMessageTemplate } from '#shared/protocol/channel.ts'
import { createSamples, type Measure } from '../measure.ts'
import { compareRounds, summarize } from '../statistics.ts'

/** One turn of one side: long enough for the clock, short enough to alternate. */
const TURN_MS = 60
const TURNS_PER_ROUND = 3
/** Until V8 has optimized both. */
const WARM_UP_MS = 500
const EVENTS = 64

export async function measureCrypto(): Promise<Measure> {
  const shipped = await loadNostrCrypto()
  const secretKey = generateSecretKey()
  const signer = shipped.createSigner(secretKey)
  const templates = Array.from({ length: EVENTS }, (_, index) =>
    channelMessageTemplate(randomBytes(32).toString('hex'), 'ws://127.0.0.1:7777', { type: 'StreamChunk', job_id: 'job_0123456789abcdef', chunk: ` word${index}`, is_final: false }, Math.floor(Date.now() / 1_000)),
  )
  const events = templates.map((template) => signer.sign(template))
  const verifyPure = createSamples()
  const verifyShipped = createSamples()
  const signPure = createSamples()
  const signShipped = createSamples()

  // nostr-tools remembers a verdict on the object, so every event is verified on an object that it has not seen.
  const fresh = ({ id, pubkey, created_at, kind, tags, content, sig }: NostrEvent) => ({ id, pubkey, created_at, kind, tags: tags.map((tag) => [...tag]), content, sig })
  const mustHold = (isValid: boolean) => {
    if (!isValid) throw new Error('A valid event was refused.')
  }
  const sides = [
    { samples: verifyPure, run: (index: number) => mustHold(verifyEvent(fresh(at(events, index)))) },
    { samples: verifyShipped, run: (index: number) => mustHold(shipped.verify(fresh(at(events, index)))) },
    { samples: signPure, run: (index: number) => void finalizeEvent({ ...at(templates, index), tags: at(templates, index).tags.map((tag) => [...tag]) }, secretKey) },
    { samples: signShipped, run: (index: number) => void signer.sign(at(templates, index)) },
  ]
  for (const { run } of sides) perSecond(run, WARM_UP_MS)

  return {
    round() {
      for (const { samples } of sides) samples.beginRound()
      for (let turn = 0; turn < TURNS_PER_ROUND; turn += 1) for (const { samples, run } of sides) samples.add(perSecond(run))
      return Promise.resolve()
    },
    samples: () => ({ verifyPure: verifyPure.rounds, verifyShipped: verifyShipped.rounds, signPure: signPure.rounds, signShipped: signShipped.rounds }),
    rows: () => [
      { group: 'Events', what: 'verified, pure JavaScript (nostr-tools)', unit: '/s', summary: summarize(verifyPure.all()) },
      { group: 'Events', what: 'verified, what ships', unit: '/s', summary: summarize(verifyShipped.all()) },
      { group: 'Events', what: 'verified: what ships ÷ pure', unit: '×', summary: compareRounds(verifyShipped.rounds, verifyPure.rounds), target: { bound: 'at least', value: 5 } },
      { group: 'Events', what: 'signed, pure JavaScript (nostr-tools)', unit: '/s', summary: summarize(signPure.all()) },
      { group: 'Events', what: 'signed, what ships', unit: '/s', summary: summarize(signShipped.all()) },
    ],
    close: () => Promise.resolve(),
  }
}

function perSecond(run: (index: number) => void, forMs = TURN_MS): number {
  const startedAt = performance.now()
  let done = 0
  while (performance.now() - startedAt < forMs) {
    run(done)
    done += 1
  }
  return (done / (performance.now() - startedAt)) * 1_000
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length]
  if (found === undefined) throw new RangeError('an empty list')
  return found
}
