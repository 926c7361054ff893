import { describe, expect, it } from 'vitest'
import { csvCell, writeCsv } from './csv.ts'

describe('a CSV cell', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' padded ', '" padded "'],
    ['a;b', '"a;b"'],
  ])('writes %j as %j', (text, cell) => expect(csvCell(text)).toBe(cell))

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\r=1', '\tx', '\n=1', '=HYPERLINK("http://evil","x")'])('never lets a spreadsheet run %j', (text) => {
    expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/)
  })

  it('leaves numbers as they are', () => expect(csvCell(-5)).toBe('-5'))
})

it('a table has a line for each row, and says that it is UTF-8', () => {
  expect(writeCsv([['name', 'n'], ['Ana, "A"', 1]])).toBe('\uFEFFname,n\r\n"Ana, ""A""",1\r\n')
})
