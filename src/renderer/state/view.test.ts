import { describe, expect, it } from 'vitest'
import { keepDraft } from './view.ts'

describe('keepDraft', () => {
  it('forgets a draft that was emptied', () => {
    expect(keepDraft({ a: 'x', b: 'y' }, 'a', '')).toEqual({ b: 'y' })
  })

  it('forgets the oldest past fifty', () => {
    let drafts: Record<string, string> = {}
    for (let n = 0; n < 60; n++) drafts = keepDraft(drafts, `thread-${n}`, 'text')
    expect(Object.keys(drafts)).toHaveLength(50)
    expect(drafts).toHaveProperty('thread-59')
    expect(drafts).not.toHaveProperty('thread-9')
  })

  it('counts a draft that is typed again as the newest', () => {
    expect(Object.keys(keepDraft({ a: 'x', b: 'y' }, 'a', 'z'))).toEqual(['b', 'a'])
  })
})
