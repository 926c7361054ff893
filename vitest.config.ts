import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'fuzz/**/*.test.ts', 'simulation/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    pool: 'forks',
    // Many tests wait for other processes: with as many workers as cores, a third of the machine is idle.
    maxWorkers: '150%',
  },
})
