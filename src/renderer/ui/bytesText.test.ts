import { describe, expect, it } from 'vitest'
import { bytesText } from './bytesText.ts'
import { checkWhole, parseWhole } from './numberText.ts'

describe('bytesText', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1 KB'],
    [4_210, '4.2 KB'],
    [999_499, '999 KB'],
    [999_500, '1 MB'],
    [5_200_000_000, '5.2 GB'],
    [120_000_000_000, '120 GB'],
    [3e15, '3000 TB'],
  ])('writes %d as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))
})

describe('parseWhole', () => {
  it.each([
    ['1024', 1024],
    [' 1,024 ', 1024],
    ['1 024', 1024],
    ['0', 0],
    ['', null],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    ['99999999999999', null],
    ['٣', null],
  ])('reads %j as %j', (text, value) => expect(parseWhole(text)).toBe(value))

  it('names the range when a number is outside of it', () => {
    expect(checkWhole('3', 1, 5)).toBeUndefined()
    expect(checkWhole('5000', 1, 4_096)).toBe('A whole number from 1 to 4,096.')
    expect(checkWhole('many', 1, 5)).toBe('A whole number from 1 to 5.')
  })
})
