/**
 * Tells a person what is being done and for how long: on a terminal one line that counts seconds,
 * elsewhere a line at the start, one every 15 seconds, and one at the end.
 * @template T
 * @param {string} doing e.g. "Installing packages"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function showProgress(doing, work, output = process.stderr) {
  const startedAt = performance.now()
  const elapsedSecs = () => Math.round((performance.now() - startedAt) / 1000)
  const live = Boolean(output.isTTY)
  const draw = () => output.write(live ? `\r\u001b[K${doing} … ${elapsedSecs()} s` : `${doing} … ${elapsedSecs()} s\n`)
  if (live) draw()
  else output.write(`${doing} …\n`)
  const timer = setInterval(draw, live ? 1000 : 15_000)
  try {
    const value = await work()
    output.write(`${live ? '\r\u001b[K' : ''}${doing}: done in ${elapsedSecs()} s\n`)
    return value
  } catch (error) {
    output.write(`${live ? '\r\u001b[K' : ''}${doing}: stopped after ${elapsedSecs()} s\n`)
    throw error
  } finally {
    clearInterval(timer)
  }
}

/** One line on the error stream, so that a script's own output stays clean for machines. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}
