#!/usr/bin/env node
// The `souk` command: the built program where it is up to date, else the sources as they are, on Node 24 or newer.
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const builtProgram = join(root, 'out', 'main', 'souk.js')
const sourceProgram = join(root, 'src', 'main', 'headless', 'cli.ts')
const oldestMajor = 24

async function chooseProgram() {
  if (!existsSync(sourceProgram)) return builtProgram
  if (!existsSync(builtProgram)) return sourceProgram
  const { isBuilt } = await import('../scripts/build.mjs')
  return isBuilt() ? builtProgram : sourceProgram
}

if (Number(process.versions.node.split('.')[0]) >= oldestMajor) {
  await import(pathToFileURL(await chooseProgram()).href)
} else {
  const { pinnedNodePath } = await import('../scripts/setup/packages.mjs')
  const { runInForeground } = await import('../scripts/processes.mjs')
  const node = pinnedNodePath(root)
  if (existsSync(node)) {
    process.exitCode = await runInForeground(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)])
  } else {
    console.error(`souk needs Node ${oldestMajor} or newer; this is ${process.versions.node}. \`node scripts/setup.mjs install\` brings the right one.`)
    process.exitCode = 1
  }
}
