/**
 * What one suite came to. `failures` names what failed: as many names as `failed` counts.
 * @typedef {{ suite: string, passed: number, failures: string[], skipped: { name: string, reason: string }[] }} SuiteResult
 */

/**
 * A check that either holds or does not, such as lint: one passed or one failed.
 * @param {string} suite
 * @param {number} status its exit status
 * @returns {SuiteResult}
 */
export function readCheck(suite, status) {
  return status === 0 ? { suite, passed: 1, failures: [], skipped: [] } : { suite, passed: 0, failures: [`exit status ${status}`], skipped: [] }
}

/**
 * Reads the report that `vitestReporter.mjs` writes.
 * @param {string} suite
 * @param {string | undefined} text the report, undefined when none was written
 * @param {number} status the exit status of the run
 * @returns {SuiteResult}
 */
export function readVitestReport(suite, text, status) {
  const report = parseObject(text)
  if (!Array.isArray(report?.tests) || !Array.isArray(report.errors)) return withoutReport(suite, status)
  const named = (state) => report.tests.filter((test) => test.state === state)
  return settle(
    {
      suite,
      passed: named('passed').length,
      failures: [
        ...named('failed').map((test) => test.name),
        ...named('pending').map((test) => `${test.name} (did not finish)`),
        ...report.errors.map(String),
      ],
      skipped: named('skipped').map((test) => ({ name: test.name, reason: test.reason ?? 'no reason given' })),
    },
    status,
  )
}

/**
 * Reads the report of Playwright's json reporter.
 * @param {string} suite
 * @param {string | undefined} text the report, undefined when none was written
 * @param {number} status the exit status of the run
 * @returns {SuiteResult}
 */
export function readPlaywrightReport(suite, text, status) {
  const report = parseObject(text)
  if (!Array.isArray(report?.suites) || !Array.isArray(report.errors)) return withoutReport(suite, status)
  const tests = listPlaywrightTests(report)
  return settle(
    {
      suite,
      passed: tests.filter((test) => test.status === 'expected').length,
      failures: [
        ...tests.filter((test) => test.status === 'unexpected').map((test) => test.name),
        // It failed at least once, and nothing here is tried twice on purpose.
        ...tests.filter((test) => test.status === 'flaky').map((test) => `${test.name} (passed only when tried again)`),
        ...report.errors.map((error) => firstLine(error?.message)),
      ],
      skipped: tests.filter((test) => test.status === 'skipped').map(({ name, reason }) => ({ name, reason })),
    },
    status,
  )
}

/**
 * The tests of a project that cannot run here, from the output of Playwright's `--list`: each skipped, for one reason.
 * @param {string} suite
 * @param {string | undefined} text
 * @param {string} reason
 * @returns {SuiteResult}
 */
export function readPlaywrightList(suite, text, reason) {
  const report = parseObject(text)
  if (!Array.isArray(report?.suites)) return { suite, passed: 0, failures: ['the tests could not be listed'], skipped: [] }
  const errors = (report.errors ?? []).map((error) => firstLine(error?.message)).filter((message) => !message.includes('No tests found'))
  return { suite, passed: 0, failures: errors, skipped: listPlaywrightTests(report).map(({ name }) => ({ name, reason })) }
}

/**
 * @param {SuiteResult[]} results
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function sumTotals(results) {
  const sum = (count) => results.reduce((total, result) => total + count(result), 0)
  return { passed: sum((result) => result.passed), failed: sum((result) => result.failures.length), skipped: sum((result) => result.skipped.length) }
}

/**
 * What a run ends with: what failed and what was skipped, by name, then the totals alone on the last line.
 * @param {SuiteResult[]} results
 * @returns {string[]} lines
 */
export function closingLines(results) {
  const totals = sumTotals(results)
  const failures = results.flatMap((result) => result.failures.map((name) => `  ${result.suite} › ${name}`))
  const skips = results.flatMap((result) => result.skipped.map(({ name, reason }) => `  ${result.suite} › ${name}: ${reason}`))
  return [
    '',
    ...(failures.length > 0 ? ['Failed:', ...failures, ''] : []),
    ...(skips.length > 0 ? ['Skipped:', ...skips, ''] : []),
    `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`,
  ]
}

/** 0 only when something passed and nothing failed. */
export function exitStatusOf(results) {
  const totals = sumTotals(results)
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1
}

/** A suite that found nothing, or that ended badly for a reason that no test bears, has failed. */
function settle(result, status) {
  const failures = [...result.failures]
  if (result.passed + failures.length + result.skipped.length === 0) failures.push('no test was found')
  if (status !== 0 && failures.length === 0) failures.push(`exit status ${status}, though no test failed`)
  return { ...result, failures }
}

function withoutReport(suite, status) {
  return { suite, passed: 0, failures: [`no report was written (exit status ${status})`], skipped: [] }
}

function parseObject(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function firstLine(message) {
  return String(message ?? 'an error without a message').split('\n')[0]
}

function listPlaywrightTests(report) {
  const walk = (suite, titles) => [
    ...(suite.specs ?? []).flatMap((spec) =>
      spec.tests.map((test) => ({
        name: [`[${test.projectName}]`, ...titles, spec.title].join(' › '),
        status: test.status,
        reason: skipReason(test),
      })),
    ),
    ...(suite.suites ?? []).flatMap((inner) => walk(inner, [...titles, inner.title])),
  ]
  return report.suites.flatMap((suite) => walk(suite, [suite.title]))
}

function skipReason(test) {
  const annotation = (test.annotations ?? []).find(({ type }) => type === 'skip' || type === 'fixme')
  if (annotation !== undefined) return annotation.description ?? 'no reason given'
  return 'not run, because something before it failed'
}
