import { describe, expect, it } from 'vitest'
import { findMistakes, strengthText } from './passphraseText.ts'

describe('a passphrase that is typed', () => {
  it.each([
    ['nothing', { current: undefined, next: '', again: '' }, ['next']],
    ['a short one', { current: undefined, next: '7 chars', again: '7 chars' }, ['next']],
    ['two that differ', { current: undefined, next: 'long enough', again: 'long enouhg' }, ['again']],
    ['a new one without the one in force', { current: '', next: 'long enough', again: 'long enough' }, ['current']],
    ['the one in force again', { current: 'long enough', next: 'long enough', again: 'long enough' }, ['next']],
    ['a first one', { current: undefined, next: 'long enough', again: 'long enough' }, []],
    ['another one', { current: 'the old one', next: 'long enough', again: 'long enough' }, []],
  ])('%s', (_name, typed, wrong) => {
    const mistakes = findMistakes(typed)
    expect(Object.keys(mistakes)).toEqual(wrong)
    expect(JSON.stringify(mistakes)).not.toMatch(/enou|chars'|the old one/)
  })

  it('is called by its strength once something is typed', () => {
    expect(strengthText('')).toBeUndefined()
    expect(['short', 'password1', 'lantern owls chair', 'lantern owls chair rain seven'].map((text) => strengthText(text)?.split(':')[0])).toEqual(['Too short yet', 'Weak', 'Fair', 'Strong'])
  })
})
