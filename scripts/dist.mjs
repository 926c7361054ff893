import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { runInForeground } from './processes.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const built = await build({ force: true })
const tool = join(root, 'node_modules', 'electron-builder', 'cli.js')
process.exitCode =
  built !== 0
    ? built
    : await runInForeground(process.execPath, [tool, '--config', join(root, 'electron-builder.yml'), '--publish', 'never', ...process.argv.slice(2)], {
        cwd: root,
        env: process.env,
      })
