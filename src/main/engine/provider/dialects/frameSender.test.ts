import { describe, expect, it } from 'vitest'
import { parseFrame, writeFrame, MAX_FRAME_BYTES, type StreamFrame } from '#shared/protocol/frames.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { createFrameSender, MAX_KEPT_FRAMES, MAX_WINDOW_BYTES, MAX_WINDOW_FRAMES, type FrameFate } from './frameSender.ts'

function open(intervalMs: number | null = 20) {
  const clock = createManualClock()
  const sent: StreamFrame[] = []
  const state = { intervalMs, fate: 'taken' as FrameFate }
  const sender = createFrameSender({
    clock,
    intervalMs: () => state.intervalMs,
    send(frame) {
      sent.push(frame)
      return Promise.resolve(state.fate)
    },
  })
  const texts = () => sent.map((frame) => (frame.type === 'delta' ? frame.text : frame.type))
  return { clock, sent, sender, state, texts, numbers: () => sent.map(({ seq }) => seq) }
}
/** Lets what relays said of the last frame be heard. */
const heard = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a private stream', () => {
  it('sends its first text at once, and then what gathered in an interval', () => {
    const { clock, sender, texts, numbers } = open(20)
    sender.add('a')
    sender.add('b')
    clock.advance(19)
    sender.add('c')
    expect(texts()).toEqual(['a'])
    clock.advance(1)
    expect(texts()).toEqual(['a', 'bc'])
    expect(numbers()).toEqual([1, 2])
  })

  it('ends with what is left and the usage, and leaves no timer', () => {
    const { clock, sender, sent, texts } = open()
    sender.add('a')
    sender.add('b')
    sender.end({ promptTokens: 1, outputTokens: 2, durationMs: 3 })
    sender.end(null)
    sender.add('c')
    expect(texts()).toEqual(['a', 'b', 'usage'])
    expect(sent[2]).toEqual({ type: 'usage', seq: 3, usage: { promptTokens: 1, outputTokens: 2, durationMs: 3 } })
    expect(clock.pending()).toBe(0)
  })

  it('says how much is under seal with what it shows, and now and then where it shows nothing', () => {
    const { clock, sender, sent } = open(20)
    sender.add('a')
    sender.veil(10)
    sender.veil(20)
    clock.advance(20)
    sender.veil(20)
    clock.advance(100)
    sender.add('b')
    sender.veil(30)
    sender.end(null)
    sender.veil(40)
    expect(sent).toEqual([{ type: 'delta', seq: 1, text: 'a' }, { type: 'delta', seq: 2, text: '', sealed: 20 }, { type: 'delta', seq: 3, text: 'b', sealed: 20 }])
    expect(clock.pending()).toBe(0)
  })

  it('is closed without another word', () => {
    const { clock, sender, texts } = open()
    sender.add('a')
    sender.add('b')
    sender.close()
    sender.end(null)
    clock.advance(60_000)
    expect([texts(), clock.pending()]).toEqual([['a'], 0])
  })

  it('never sends a frame larger than a frame may be, whatever the characters', () => {
    const { clock, sender, sent } = open()
    sender.add('\u0000'.repeat(20_000))
    for (let step = 0; step < 50; step++) {
      clock.advance(20)
      sender.acknowledge(sent.length)
    }
    for (const frame of sent) {
      const text = writeFrame(frame)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_FRAME_BYTES)
      expect(parseFrame(text)).toEqual({ ok: true, value: frame })
    }
    expect(sent.reduce((sum, frame) => sum + (frame.type === 'delta' ? frame.text.length : 0), 0)).toBe(20_000)
  })
})

describe('the window', () => {
  it('holds so many frames and so many bytes, and goes on when they are acknowledged', () => {
    const few = open(1)
    for (let count = 0; count < 100; count++) {
      few.sender.add('x')
      few.clock.advance(1)
    }
    expect(few.sent).toHaveLength(MAX_WINDOW_FRAMES)
    few.sender.acknowledge(MAX_WINDOW_FRAMES)
    expect(few.texts().at(-1)).toBe('x'.repeat(100 - MAX_WINDOW_FRAMES))

    const large = open(1)
    large.sender.add('y'.repeat(200_000))
    large.clock.advance(100)
    const bytes = large.texts().join('').length
    expect(bytes).toBeLessThanOrEqual(MAX_WINDOW_BYTES)
    large.sender.acknowledge(1)
    large.clock.advance(100)
    expect(large.texts().join('').length).toBeGreaterThan(bytes)
  })

  it('of a receiver that never acknowledges is sent, its oldest repeated ever more slowly, and then let be', () => {
    const { clock, sender, sent, numbers } = open(1)
    for (let count = 0; count < 200; count++) {
      sender.add('x')
      clock.advance(1)
    }
    sent.length = 0
    clock.advance(600_000)
    expect(numbers()).toEqual([1, 1, 1, 1])
    expect(clock.pending()).toBe(0)
    sender.acknowledge(1)
    clock.advance(10)
    expect(numbers().at(-1)).toBe(MAX_WINDOW_FRAMES + 1)
  })

  it('is repeated from its oldest on as soon as acknowledgements repeat themselves, but not for each of them', () => {
    const { clock, sender, sent, numbers } = open(1)
    for (let count = 0; count < 5; count++) {
      sender.add('x')
      clock.advance(1)
    }
    sender.acknowledge(1)
    sent.length = 0
    clock.advance(250)
    for (let count = 0; count < 50; count++) sender.acknowledge(1)
    expect(numbers()).toEqual([2, 3, 4, 5])
  })

  it('does not believe an acknowledgement of what was not sent, nor go back for one that is late', () => {
    const { clock, sender, sent } = open(1)
    sender.add('x'.repeat(200_000))
    clock.advance(50)
    const before = sent.length
    sender.acknowledge(1_000_000)
    expect(sent).toHaveLength(before)
    sender.acknowledge(2)
    clock.advance(5)
    const after = sent.length
    expect(after).toBeGreaterThan(before)
    for (const late of [0, 2, 1, 0, 2]) sender.acknowledge(late)
    expect(sent).toHaveLength(after)
  })
})

describe('a receiver that starts again', () => {
  it('gets once more what came after what it had stored, and then what is new', () => {
    const { clock, sender, sent, texts } = open(1)
    for (const word of ['a', 'b', 'c', 'd']) {
      sender.add(word)
      clock.advance(1)
      sender.acknowledge(sent.length)
    }
    sent.length = 0
    clock.advance(250)
    sender.acknowledge(1)
    expect(texts()).toEqual([])
    sender.acknowledge(1)
    expect(texts()).toEqual(['b', 'c', 'd'])
    sender.acknowledge(4)
    sender.add('e')
    expect(texts().at(-1)).toBe('e')
  })

  it('is found by a sender that had given it up', () => {
    const { clock, sender, sent, texts } = open(1)
    sender.add('a')
    sender.acknowledge(1)
    clock.advance(1)
    sender.add('b')
    clock.advance(600_000)
    sent.length = 0
    sender.acknowledge(0)
    sender.acknowledge(0)
    expect(texts()).toEqual(['a', 'b'])
  })

  it('is not followed back and forth: what is kept goes out again no more often than it may be meant', () => {
    const { clock, sender, sent } = open(1)
    const last = 400
    for (let count = 1; count <= last; count++) {
      sender.add('x')
      sender.acknowledge(count)
      clock.advance(1)
    }
    sent.length = 0
    for (let passed = 0; passed < 4_000; passed += 10) {
      for (let count = 0; count < 2; count++) sender.acknowledge(0)
      for (let seq = 8; seq <= last; seq += 8) sender.acknowledge(seq)
      clock.advance(10)
    }
    expect(sent.length).toBeGreaterThanOrEqual(last)
    expect(sent.length).toBeLessThanOrEqual(2 * last)
  })

  it('that lost more than is kept gets nothing again', () => {
    const { clock, sender, sent } = open(1)
    for (let count = 1; count <= MAX_KEPT_FRAMES + 1; count++) {
      sender.add('x')
      sender.acknowledge(count)
      clock.advance(1)
    }
    sent.length = 0
    clock.advance(250)
    for (let count = 0; count < 5; count++) sender.acknowledge(0)
    expect(sent).toEqual([])
    for (let count = 0; count < 2; count++) sender.acknowledge(1)
    expect(sent[0]?.seq).toBe(2)
  })
})

describe('relays that find it too fast', () => {
  it('are given less, and more again when they take it', async () => {
    const { clock, sender, state, sent } = open(20)
    const framesIn = async (ms: number) => {
      const before = sent.length
      for (let passed = 0; passed < ms; passed += 10) {
        sender.add('x')
        clock.advance(10)
        sender.acknowledge(sent.length)
        await heard()
      }
      return sent.length - before
    }
    const usual = await framesIn(1_000)
    expect(usual).toBeGreaterThan(40)
    state.fate = 'limited'
    await framesIn(300)
    state.fate = 'taken'
    const slow = await framesIn(1_000)
    expect(slow).toBeLessThan(usual / 3)
    await framesIn(60_000)
    expect(await framesIn(1_000)).toBeGreaterThan(40)
  })

  it('and stay with it are spared: the result alone arrives', async () => {
    const { clock, sender, state, sent } = open(20)
    state.fate = 'limited'
    for (let passed = 0; passed < 60_000; passed += 100) {
      sender.add('x')
      clock.advance(100)
      sender.acknowledge(sent.length)
      await heard()
    }
    const before = sent.length
    expect(before).toBeLessThan(15)
    state.fate = 'taken'
    sender.add('y')
    clock.advance(60_000)
    sender.end(null)
    expect(sent).toHaveLength(before)
  })

  it('or want none from the start get none, until they do, also when nothing more comes', () => {
    const { clock, sender, state, texts } = open(null)
    sender.add('a')
    sender.add('b')
    clock.advance(1_000)
    expect(texts()).toEqual([])
    state.intervalMs = 20
    clock.advance(250)
    expect(texts()).toEqual(['ab'])
    expect(clock.pending()).toBe(1)
    sender.close()
    expect(clock.pending()).toBe(0)
  })
})
