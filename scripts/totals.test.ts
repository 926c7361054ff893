import { describe, expect, test } from 'vitest'
import { closingLines, exitStatusOf, readCheck, readPlaywrightList, readPlaywrightReport, readVitestReport, sumTotals } from './totals.mjs'

const vitest = (tests: unknown[], errors: string[] = []) => JSON.stringify({ tests, errors })
const playwrightTest = (status: string, annotations: unknown[] = []) => ({ projectName: 'browser', status, annotations, results: [] })
const playwright = (specs: unknown[], errors: unknown[] = []) =>
  JSON.stringify({ suites: [{ title: 'buy.spec.ts', specs: [], suites: [{ title: 'Buy', specs }] }], errors, stats: {} })

describe('a check', () => {
  test('counts as one passed or one failed', () => {
    expect(sumTotals([readCheck('lint', 0), readCheck('types', 2)])).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })
})

describe("vitest's report", () => {
  test('is counted by state, and a skipped test keeps its reason', () => {
    const text = vitest([
      { name: 'a', state: 'passed' },
      { name: 'b', state: 'failed' },
      { name: 'c', state: 'skipped', reason: 'no GPU' },
      { name: 'd', state: 'skipped' },
    ])
    expect(readVitestReport('unit', text, 1)).toEqual({
      suite: 'unit',
      passed: 1,
      failures: ['b'],
      skipped: [
        { name: 'c', reason: 'no GPU' },
        { name: 'd', reason: 'no reason given' },
      ],
    })
  })

  test('an error outside of any test is a failure, and so is a test that did not finish', () => {
    const result = readVitestReport('unit', vitest([{ name: 'a', state: 'pending' }], ['x.test.ts: cannot be read']), 1)
    expect(result.failures).toEqual(['a (did not finish)', 'x.test.ts: cannot be read'])
  })

  test.each([
    ['missing', undefined],
    ['cut off', '{"tests":['],
    ['of another shape', '{"numPassedTests":3}'],
    ['null', 'null'],
  ])('when %s is one failure, even if the run ended well', (_, text) => {
    expect(readVitestReport('unit', text, 0).failures).toHaveLength(1)
  })

  test('without a test is a failure', () => {
    expect(readVitestReport('unit', vitest([]), 0).failures).toEqual(['no test was found'])
  })

  test('with passing tests only, but a bad exit status, is a failure', () => {
    expect(readVitestReport('unit', vitest([{ name: 'a', state: 'passed' }]), 7).failures).toEqual(['exit status 7, though no test failed'])
  })
})

describe("Playwright's report", () => {
  test('is counted by outcome through nested suites', () => {
    const text = playwright([
      { title: 'asks', tests: [playwrightTest('expected')] },
      { title: 'pays', tests: [playwrightTest('unexpected')] },
      { title: 'wobbles', tests: [playwrightTest('flaky')] },
      { title: 'opens a window', tests: [playwrightTest('skipped', [{ type: 'skip', description: 'no display' }])] },
      { title: 'comes after', tests: [playwrightTest('skipped')] },
    ])
    expect(readPlaywrightReport('e2e', text, 1)).toEqual({
      suite: 'e2e',
      passed: 1,
      failures: ['[browser] › buy.spec.ts › Buy › pays', '[browser] › buy.spec.ts › Buy › wobbles (passed only when tried again)'],
      skipped: [
        { name: '[browser] › buy.spec.ts › Buy › opens a window', reason: 'no display' },
        { name: '[browser] › buy.spec.ts › Buy › comes after', reason: 'not run, because something before it failed' },
      ],
    })
  })

  test('an error before any test is a failure with its first line', () => {
    expect(readPlaywrightReport('e2e', playwright([], [{ message: 'SyntaxError: x\n  at y' }]), 1).failures).toEqual(['SyntaxError: x'])
  })

  test('missing is a failure', () => {
    expect(readPlaywrightReport('e2e', undefined, 0).failures).toEqual(['no report was written (exit status 0)'])
  })

  test('the tests of a project that cannot run are skipped by name', () => {
    const text = playwright([{ title: 'asks', tests: [playwrightTest('skipped')] }])
    expect(readPlaywrightList('e2e', text, 'there is no display')).toEqual({
      suite: 'e2e',
      passed: 0,
      failures: [],
      skipped: [{ name: '[browser] › buy.spec.ts › Buy › asks', reason: 'there is no display' }],
    })
  })

  test('a list that could not be made is a failure, an empty project is none', () => {
    expect(readPlaywrightList('e2e', undefined, 'x').failures).toHaveLength(1)
    expect(readPlaywrightList('e2e', playwright([], [{ message: 'Error: No tests found' }]), 'x').failures).toEqual([])
  })
})

describe('the end of a run', () => {
  test('lists failures and skips by name and closes with the sums, alone on the last line', () => {
    const results = [
      readCheck('lint', 0),
      readVitestReport('unit', vitest([{ name: 'a', state: 'passed' }, { name: 'b', state: 'failed' }, { name: 'c', state: 'skipped', reason: 'no GPU' }]), 1),
    ]
    expect(closingLines(results)).toEqual(['', 'Failed:', '  unit › b', '', 'Skipped:', '  unit › c: no GPU', '', '2 passed, 1 failed, 1 skipped'])
    expect(exitStatusOf(results)).toBe(1)
  })

  test('is good only when something passed and nothing failed', () => {
    expect(exitStatusOf([readCheck('lint', 0)])).toBe(0)
    expect(exitStatusOf([])).toBe(1)
    expect(exitStatusOf([readPlaywrightList('e2e', playwright([{ title: 'a', tests: [playwrightTest('skipped')] }]), 'x')])).toBe(1)
  })
})
