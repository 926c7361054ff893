import { writeFileSync } from 'node:fs'

function firstLine(error) {
  return String(error?.message ?? error).split('\n')[0]
}

function describeTest(module, test) {
  const result = test.result()
  const reason = result.state !== 'skipped' ? undefined : (result.note ?? (test.options.mode === 'todo' ? 'not written yet' : undefined))
  return { name: `${module.relativeModuleId} › ${test.fullName}`, state: result.state, reason }
}

/**
 * Writes what `totals.mjs` counts, to the file that SOUK_UNIT_REPORT names. vitest's own json report leaves out why a test was
 * skipped, and errors outside of any test.
 */
export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors, reason) {
    const path = process.env.SOUK_UNIT_REPORT
    if (!path) return
    const tests = modules.flatMap((module) => Array.from(module.children.allTests(), (test) => describeTest(module, test)))
    const errorsOf = (part, name) => part.errors().map((error) => `${name}: ${firstLine(error)}`)
    const errors = [
      ...modules.flatMap((module) => [
        ...errorsOf(module, module.relativeModuleId),
        ...Array.from(module.children.allSuites()).flatMap((suite) => errorsOf(suite, `${module.relativeModuleId} › ${suite.fullName}`)),
      ]),
      ...unhandledErrors.map((error) => `outside of any test: ${firstLine(error)}`),
      ...(reason === 'interrupted' ? ['the run was interrupted'] : []),
    ]
    writeFileSync(path, JSON.stringify({ tests, errors }))
  }
}
