import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest: real processes that are killed, disks that fail, whole programs. Begun last, the others would wait for them. */
const LONG = /\/(crash\w*|disk\w*|clocks|cli|tools|tradeFaults|escrow\w*|metered|sealedRestarts)\.test\.ts$/

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(({ moduleId }) => LONG.test(moduleId)), ...sorted.filter(({ moduleId }) => !LONG.test(moduleId))]
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'fuzz/**/*.test.ts', 'simulation/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    // Whole engines are opened there, beside others that are.
    hookTimeout: 30_000,
    pool: 'forks',
    // No module of ours keeps anything between two files, and to load them anew for each took a third of the time.
    isolate: false,
    sequence: { sequencer: LongFirst },
    // Many tests wait for other processes: with as many workers as cores, a third of the machine is idle.
    maxWorkers: '200%',
  },
})
