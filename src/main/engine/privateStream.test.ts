/** Both ends of a private stream with a bad network between them. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StreamFrame } from '#shared/protocol/frames.ts'
import { createFrameReceiver } from './customer/dialects/frameReceiver.ts'
import { createFrameSender } from './provider/dialects/frameSender.ts'
import { createManualClock } from './testing/manualClock.ts'

/** What becomes of one message: the delay of each copy that arrives, in ms; none: lost. */
type Fate = readonly number[]

const fates = (perfect: boolean): fc.Arbitrary<readonly Fate[]> =>
  perfect ? fc.constant([[5]]) : fc.array(fc.oneof({ weight: 3, arbitrary: fc.tuple(fc.nat(30)) }, { weight: 1, arbitrary: fc.array(fc.nat(400), { maxLength: 3 }) }), { minLength: 1, maxLength: 40 })

function play(pieces: readonly (readonly [string, number])[], there: readonly Fate[], back: readonly Fate[], settleMs: number, crashes: ReadonlySet<number> = new Set()) {
  const clock = createManualClock()
  let received = ''
  let sentCount = 0
  let ackCount = 0
  const carry = (fate: Fate | undefined, run: () => void) => {
    for (const delay of fate ?? []) clock.after(delay, run)
  }
  /** On disk: of what was read, and of how many frames it is. */
  let stored = { text: '', frames: 0 }
  const read = (heard?: number) => {
    let upTo = heard ?? 0
    const receiver = createFrameReceiver({
      clock,
      ackEveryMs: () => 100,
      heard,
      onText(text, frames) {
        received += text
        upTo = frames
      },
      acknowledge: (seq) => carry(back[ackCount++ % back.length], () => sender.acknowledge(seq)),
    })
    return { ...receiver, store: () => (stored = { text: received, frames: upTo }) }
  }
  let receiver = read()
  const sender = createFrameSender({
    clock,
    intervalMs: () => 20,
    send(frame: StreamFrame) {
      carry(there[sentCount++ % there.length], () => receiver.take(frame))
      return Promise.resolve('taken')
    },
  })
  const whole = pieces.map(([text]) => text).join('')
  const prefixes: boolean[] = []
  for (const [index, [text, pauseMs]] of pieces.entries()) {
    sender.add(text)
    clock.advance(pauseMs)
    if (index % STORED_EVERY === 0) receiver.store()
    if (crashes.has(index)) {
      receiver.close()
      received = stored.text
      receiver = read(stored.frames)
    }
    prefixes.push(whole.startsWith(received))
  }
  clock.advance(settleMs)
  const settled = received
  sender.end(null)
  clock.advance(5_000)
  receiver.close()
  return { whole, received, settled, prefixes, pending: clock.pending(), sentCount }
}

/** Pieces. */
const STORED_EVERY = 7

const texts = fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(120)), { maxLength: 120 })

it('what is read is at every moment a beginning of what was written, whatever is lost, repeated and reordered', () => {
  fc.assert(
    fc.property(texts, fates(false), fates(false), (pieces, there, back) => {
      const { whole, received, prefixes, pending } = play(pieces, there, back, 0)
      expect(prefixes).not.toContain(false)
      expect(whole.startsWith(received)).toBe(true)
      expect(pending).toBe(0)
    }),
    { numRuns: 300 },
  )
})

it('it is all read while the stream goes on when nothing is lost for good, whatever the order', () => {
  const delays = fc.array(fc.array(fc.nat(400), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(texts, delays, delays, (pieces, there, back) => {
      const { whole, settled } = play(pieces, there, back, 60_000)
      expect(settled).toBe(whole)
    }),
    { numRuns: 200 },
  )
})

it('what one frame in four loses is repeated, and all of it arrives', () => {
  const lossy: Fate[] = [[5], [5], [], [5]]
  const pieces = Array.from({ length: 400 }, (_, index) => [`word${index} `, 25] as const)
  const { whole, settled, sentCount } = play(pieces, lossy, [[5], [], [5]], 30_000)
  expect(settled).toBe(whole)
  expect(sentCount).toBeLessThan(800)
})

it('a reader that starts again, at any moment and as often as it likes, reads on where what it had stored ends', () => {
  const delays = fc.array(fc.array(fc.nat(400), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(texts, delays, delays, fc.array(fc.nat(119), { maxLength: 6 }), (pieces, there, back, crashes) => {
      const { whole, settled, prefixes } = play(pieces, there, back, 60_000, new Set(crashes))
      expect(prefixes).not.toContain(false)
      expect(settled).toBe(whole)
    }),
    { numRuns: 300, examples: [[[[' ', 27], [' ', 53], [' ', 0], ['', 120]], [[0], [97]], [[177, 3]], [3]]] },
  )
})

it('and is found again by a seller that had stopped to speak to it', () => {
  const pieces = Array.from({ length: 40 }, (_, index) => [`word${index} `, index === 30 ? 40_000 : 25] as const)
  const { whole, settled } = play(pieces, [[5]], [[5]], 30_000, new Set([30, 31]))
  expect(settled).toBe(whole)
})
