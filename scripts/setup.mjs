#!/usr/bin/env node
// The one door to every script: `node scripts/setup.mjs <command> [arguments…]`.
// It has no dependency and no syntax that an old Node cannot read, so that the sentence below is what an old Node prints.
const oldestMajor = 20
const major = Number(process.versions.node.split('.')[0])

if (major < oldestMajor) {
  console.error(
    'Souk needs Node ' + oldestMajor + ' or newer to set itself up (it then brings its own Node 24); this is Node ' + process.versions.node +
      '. Install a current Node from your system or from nodejs.org, and run the command again.',
  )
  process.exitCode = 1
} else {
  import('./setup/main.mjs')
    .then(({ runCommand }) => runCommand(process.argv.slice(2)))
    .catch((error) => {
      console.error(error)
      process.exitCode = 1
    })
}
