import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../testing/manualClock.ts'
import { ACK_EVERY_FRAMES, createFrameReceiver, MAX_AHEAD_CHARACTERS, MAX_AHEAD_FRAMES } from './frameReceiver.ts'

const ACK_EVERY_MS = 100

function open(heard?: number) {
  const clock = createManualClock()
  const texts: string[] = []
  const acks: number[] = []
  const receiver = createFrameReceiver({ clock, ackEveryMs: () => ACK_EVERY_MS, heard, onText: (text) => texts.push(text), acknowledge: (seq) => acks.push(seq) })
  return { clock, texts, acks, receiver, take: (seq: number, text: string) => receiver.take({ type: 'delta', seq, text }) }
}

describe('a private stream', () => {
  it('is read in order, whatever the order it came in, and once', () => {
    const { take, texts } = open()
    for (const seq of [2, 3, 3, 1, 1, 2, 5, 4]) take(seq, String(seq))
    expect(texts).toEqual(['123', '45'])
  })

  it('keeps the first of two different frames with one number', () => {
    const { take, texts } = open()
    take(2, 'first')
    take(2, 'second')
    take(1, '')
    take(1, 'late')
    expect(texts.join('')).toBe('first')
  })

  it('counts the usage like any other frame', () => {
    const { receiver, take, texts, clock, acks } = open()
    take(1, 'a')
    receiver.take({ type: 'usage', seq: 2, usage: { promptTokens: 1, outputTokens: 1, durationMs: 1 } })
    clock.advance(ACK_EVERY_MS)
    expect([texts, acks]).toEqual([['a'], [1, 2]])
  })

  it('keeps no more ahead of a gap than its bounds, and what it has when the gap is filled', () => {
    const { take, texts } = open()
    take(1 + MAX_AHEAD_FRAMES, 'too far')
    take(MAX_AHEAD_FRAMES, 'far')
    take(2, 'x'.repeat(MAX_AHEAD_CHARACTERS))
    expect(texts).toEqual([])
    take(1, 'a')
    expect(texts).toEqual(['a'])
    take(2, 'b')
    expect(texts).toEqual(['a', 'b'])
  })

  it('takes what is due at once, however long', () => {
    const { take, texts } = open()
    take(2, 'b'.repeat(MAX_AHEAD_CHARACTERS))
    take(1, 'a'.repeat(10))
    expect(texts.join('')).toHaveLength(MAX_AHEAD_CHARACTERS + 10)
  })
})

describe('what it has', () => {
  it('is acknowledged at most once per interval, or per so many frames', () => {
    const { clock, take, acks } = open()
    take(1, 'a')
    take(2, 'b')
    take(3, 'c')
    expect(acks).toEqual([1])
    clock.advance(ACK_EVERY_MS)
    expect(acks).toEqual([1, 3])
    for (let seq = 4; seq < 4 + ACK_EVERY_FRAMES; seq++) take(seq, 'x')
    expect(acks).toEqual([1, 3, 3 + ACK_EVERY_FRAMES])
  })

  it('is said again when something is missing, or comes again', () => {
    const { clock, take, acks } = open()
    take(1, 'a')
    clock.advance(ACK_EVERY_MS)
    take(3, 'c')
    clock.advance(ACK_EVERY_MS)
    take(1, 'a')
    expect(acks).toEqual([1, 1, 1])
  })

  it('is not said after the end', () => {
    const { clock, take, acks, receiver, texts } = open()
    take(1, 'a')
    take(2, 'b')
    receiver.close()
    take(3, 'c')
    clock.advance(1_000)
    expect([acks, clock.pending(), texts]).toEqual([[1], 0, ['a', 'b']])
  })
})

describe('a stream that is taken up again', () => {
  it('goes on after what was stored of it, and with nothing before', () => {
    const { take, texts } = open(3)
    for (const seq of [6, 1, 3, 4, 5]) take(seq, String(seq))
    expect(texts).toEqual(['4', '56'])
  })

  it('is asked for at once, ever more rarely, also once something of it came', () => {
    const { clock, take, acks } = open(3)
    expect(acks).toEqual([3])
    clock.advance(2_000)
    expect(acks).toEqual([3, 3, 3, 3])
    take(4, 'next')
    clock.advance(6_000)
    expect(acks).toEqual([3, 3, 3, 3, 4, 4, 4])
  })

  it('is not asked for any longer than a seller waits, nor once nobody reads it', () => {
    const [patient, closed] = [open(3), open(0)]
    closed.receiver.close()
    for (const { clock } of [patient, closed]) clock.advance(600_000)
    expect([patient.acks.length, closed.acks.length, patient.clock.pending()]).toEqual([12, 1, 0])
  })
})
