import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { runInForeground } from './processes.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const built = await build({ force: true })
const given = process.argv.slice(2)
/** Lets end-to-end tests attach to the packaged program; never for a release. */
const inspectable = given.includes('--inspectable') ? ['--config.electronFuses.enableNodeCliInspectArguments=true'] : []
const passedOn = given.filter((argument) => argument !== '--inspectable')
const tool = join(root, 'node_modules', 'electron-builder', 'cli.js')
process.exitCode =
  built !== 0
    ? built
    : await runInForeground(process.execPath, [tool, '--config', join(root, 'electron-builder.yml'), '--publish', 'never', ...inspectable, ...passedOn], {
        cwd: root,
        env: process.env,
      })
