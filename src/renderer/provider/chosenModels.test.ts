import { describe, expect, it } from 'vitest'
import { listChoices, toggleModel } from './chosenModels.ts'

describe('the models for sale', () => {
  it('are all of them while the terms name none', () => {
    expect(listChoices(['a', 'b'], [])).toEqual([
      { name: 'a', chosen: true, here: true },
      { name: 'b', chosen: true, here: true },
    ])
  })

  it('show a chosen one that is gone, so that it can be let go', () => {
    expect(listChoices(['a', 'b'], ['b', 'gone'])).toEqual([
      { name: 'a', chosen: false, here: true },
      { name: 'b', chosen: true, here: true },
      { name: 'gone', chosen: true, here: false },
    ])
  })

  it('become a list of the others when the first box is cleared', () => {
    expect(toggleModel(['a', 'b', 'c'], [], 'b', false)).toEqual(['a', 'c'])
  })

  it('never become an empty list by clearing the last box, since that would mean all', () => {
    expect(toggleModel(['a', 'b'], ['a'], 'a', false)).toBeNull()
    expect(toggleModel(['a'], [], 'a', false)).toBeNull()
  })

  it('keep each name once', () => expect(toggleModel(['a', 'b'], ['a'], 'a', true)).toEqual(['a']))
})
