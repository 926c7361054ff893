/**
 * Tells a person what is being done and for how long: on a terminal one line that counts seconds,
 * elsewhere a line at the start, one every 15 seconds, and one at the end.
 * @template {{ status: number }} T
 * @param {string} doing e.g. "Installing packages"
 * @param {() => Promise<T>} work resolves to what it came to; a status other than 0 is a failure
 * @returns {Promise<T>}
 */
export async function showProgress(doing, work, output = process.stderr) {
  const startedAt = performance.now()
  const elapsedSecs = () => Math.round((performance.now() - startedAt) / 1000)
  const live = output.isTTY
  const draw = () => output.write(live ? `\r\u001b[K${doing} … ${elapsedSecs()} s` : `${doing} … ${elapsedSecs()} s\n`)
  if (live) draw()
  else output.write(`${doing} …\n`)
  const finish = (how) => output.write(`${live ? '\r\u001b[K' : ''}${doing}: ${how} ${elapsedSecs()} s\n`)
  const timer = setInterval(draw, live ? 1000 : 15_000)
  try {
    const result = await work()
    finish(result.status === 0 ? 'done in' : 'failed after')
    return result
  } catch (error) {
    finish('failed after')
    throw error
  } finally {
    clearInterval(timer)
  }
}

/** One line on the error stream, so that a script's own output stays clean for machines. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}
