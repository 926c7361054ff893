import { Interrupted, runBuild, runEndToEnd, runLint, runTypes, runUnit } from './suites.mjs'
import { closingLines, exitStatusOf } from './totals.mjs'

const suites = [
  { title: 'Lint', run: runLint },
  { title: 'Types', run: runTypes },
  { title: 'Unit tests', run: runUnit },
  { title: 'Build', run: runBuild },
  { title: 'End to end', run: runEndToEnd },
]
const results = []

try {
  // A failure does not stop the rest, so that the closing line always counts everything.
  for (const { title, run } of suites) {
    console.log(`\n── ${title}`)
    results.push(...[await run()].flat())
  }
  for (const line of closingLines(results)) console.log(line)
  process.exitCode = exitStatusOf(results)
} catch (error) {
  if (!(error instanceof Interrupted)) throw error
  console.error(error.message)
  process.exitCode = error.status
}
