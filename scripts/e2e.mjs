import { build } from './build.mjs'
import { Interrupted, runEndToEnd } from './suites.mjs'
import { closingLines, exitStatusOf } from './totals.mjs'

try {
  const built = await build()
  if (built !== 0) process.exit(built)
  const results = await runEndToEnd(process.argv.slice(2))
  for (const line of closingLines(results)) console.log(line)
  process.exitCode = exitStatusOf(results)
} catch (error) {
  if (!(error instanceof Interrupted)) throw error
  console.error(error.message)
  process.exitCode = error.status
}
