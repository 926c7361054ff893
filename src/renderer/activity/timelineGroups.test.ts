import { describe, expect, it } from 'vitest'
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import { sats } from '#shared/market/msat.ts'
import { groupEntries, prettyJson, sinceText } from './timelineGroups.ts'

const text = (at: number, sizeBytes?: number): TimelineEntry => ({ at, kind: 'received', title: 'Text received', ids: {}, ...(sizeBytes === undefined ? {} : { sizeBytes }) })

describe('the groups of a timeline', () => {
  it('make one of neighbours that say the same, with their sizes added up', () => {
    expect(groupEntries([text(1, 10), text(2, 20), text(3)])).toEqual([{ entry: text(1, 10), count: 3, lastAt: 3, sizeBytes: 30 }])
  })

  it('claim no size when nobody said one', () => expect(groupEntries([text(1), text(2)])[0]?.sizeBytes).toBeUndefined())

  it('end where something else comes between', () => {
    const stop: TimelineEntry = { at: 2, kind: 'state', title: 'Stopped', ids: {} }
    expect(groupEntries([text(1), stop, text(3)]).map((group) => group.count)).toEqual([1, 1, 1])
  })

  it.each<[string, Partial<TimelineEntry>]>([
    ['an id', { ids: { event: 'abc' } }],
    ['an amount', { amountMsat: sats(1) }],
    ['a detail', { detail: 'Because.' }],
    ['a raw event', { raw: '{}' }],
    ['verdicts', { verdicts: [] }],
  ])('never swallow an entry with %s', (_name, own) => {
    expect(groupEntries([text(1), { ...text(2), ...own }, text(3)])).toHaveLength(3)
  })

  it('keep every entry: the counts add up', () => {
    const entries = [text(1), text(2), { ...text(3), title: 'Other' }, { ...text(4), title: 'Other' }, text(5)]
    expect(groupEntries(entries).reduce((sum, group) => sum + group.count, 0)).toBe(entries.length)
  })
})

it('prints JSON for reading and leaves other text alone', () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
  expect(prettyJson('{"a":')).toBe('{"a":')
})

it.each([
  [0, '+0.00 s'],
  [254, '+0.25 s'],
  [12_340, '+12.3 s'],
  [200_000, '+3 min 20 s'],
  [7_500_000, '+2 h 5 min'],
  [-5, '+0.00 s'],
])('writes %d ms as %s', (ms, words) => expect(sinceText(1_000_000 + ms, 1_000_000)).toBe(words))
