/**
 * What each command runs, once the packages and Node 24 are there.
 * `script`: a file of ours, run by Node 24. `tool`: a package's command, run the same way.
 * `browser`, `electron`: what it wants besides; neither is ever a reason to fail.
 */
export const commands = {
  start: { script: 'scripts/start.mjs', electron: true },
  dev: { script: 'scripts/dev.mjs', electron: true },
  test: { script: 'scripts/test.mjs', browser: true, electron: true },
  e2e: { script: 'scripts/e2e.mjs', browser: true, electron: true },
  demo: { script: 'scripts/demo.mjs' },
  bench: { script: 'bench/bench.ts' },
  fuzz: { script: 'fuzz/fuzz.ts' },
  simulate: { script: 'simulation/simulate.ts' },
  souk: { script: 'bin/souk.mjs' },
  build: { script: 'scripts/build.mjs', arguments: ['--force'] },
  dist: { script: 'scripts/dist.mjs' },
  icons: { script: 'scripts/icons.mjs', browser: true },
  lint: { tool: 'oxlint', arguments: ['--type-aware', '--deny-warnings'] },
  typecheck: { tool: 'typescript', bin: 'tsc', arguments: ['--noEmit'] },
  unit: { tool: 'vitest', arguments: ['run'] },
  install: {},
}
