/** Opens the engine as the command line does, says so, and closes it when told to. Argument: a data folder. Bundled by the bench as the shipped programs are. */
import { keepCompiledCode } from '#main/headless/compiledCode.ts'

keepCompiledCode()
const { openSouk } = await import('#main/headless/openSouk.ts')
const opened = await openSouk({ data: process.argv[2] }, 'terminal')
if (!opened.ok) throw new Error(opened.error.message)
process.stdout.write('ready\n')
// The engine's timers keep no process alive.
const alive = setInterval(() => {}, 2 ** 30)
process.once('SIGTERM', () => {
  clearInterval(alive)
  void opened.value.close()
})
