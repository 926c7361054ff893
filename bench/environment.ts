import type { ChildProcess } from 'node:child_process'

/** What a started Souk sees: a home of the bench's own, and none of the settings of whoever runs the bench. */
export function soukEnvironment(home: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SOUK_') && !name.startsWith('NODE_'))
  return { ...Object.fromEntries(inherited), SOUK_HOME: home }
}

/** A bench that fails half-way leaves nothing running. */
export function endWithUs(child: ChildProcess): void {
  const end = () => void child.kill()
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
}
