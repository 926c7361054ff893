/** Opens the engine as the command line does, says so, and closes it when told to. Argument: a data folder. Bundled by the bench as the shipped programs are. */
import { readFileSync } from 'node:fs'
import { keepCompiledCode } from '#main/headless/compiledCode.ts'

// The engine's timers keep no process alive, not even while it waits for a sandbox that is being opened.
const alive = setInterval(() => {}, 2 ** 30)
keepCompiledCode()
const { openSouk } = await import('#main/headless/openSouk.ts')
const opened = await openSouk({ data: process.argv[2] }, 'terminal')
if (!opened.ok) throw new Error(opened.error.message)
const { user, system } = process.cpuUsage()
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1_000, peakKb: readPeakKb() })}\n`)
process.once('SIGTERM', () => {
  clearInterval(alive)
  void opened.value.close()
})

/** 0 where the system is not Linux. Not `resourceUsage`: its figure begins with the size of the process that spawned this one. */
function readPeakKb(): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
