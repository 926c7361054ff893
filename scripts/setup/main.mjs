import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInForeground } from '../processes.mjs'
import { commands } from './commands.mjs'
import { ensureBrowser, ensureElectron } from './extras.mjs'
import { ensurePackages, pinnedEnvironment, SetupFailure } from './packages.mjs'
import { say } from './progress.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The file that a command runs: one of ours, or the `bin` of a package. */
function programOf(command) {
  if (command.script !== undefined) return join(root, command.script)
  const folder = join(root, 'node_modules', command.tool)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command.bin ?? command.tool])
}

/** Sets up what a command needs, then runs it on the pinned Node and ends with its exit status. */
export async function runCommand([name, ...rest]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
  if (command === undefined) {
    const isHelp = name === '--help' || name === '-h'
    const problem = name === undefined ? 'No command was named. ' : isHelp ? '' : `There is no command "${name}". `
    say(`${problem}There are: ${Object.keys(commands).join(', ')}.`)
    process.exitCode = isHelp ? 0 : 2
    return
  }
  try {
    const node = await ensurePackages(root)
    const env = pinnedEnvironment(root, node)
    if (command.browser) await ensureBrowser(root, node, env)
    if (command.electron) await ensureElectron(root, node, env)
    if (command.script === undefined && command.tool === undefined) return
    const program = programOf(command)
    if (!existsSync(program)) throw new SetupFailure(`${command.script} is not there.`)
    process.exitCode = await runInForeground(node, [program, ...(command.arguments ?? []), ...rest], { cwd: root, env })
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error
    say(error.message)
    process.exitCode = error.status
  }
}
