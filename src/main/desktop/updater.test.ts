import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '#engine/testing/manualClock.ts'
import { startUpdates, type UpdaterLike } from './updater.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

function setUp(options: { isPackaged: boolean; enabled: boolean; failing?: boolean }) {
  const clock = createManualClock()
  const seen = { loads: 0, checks: 0, ready: [] as string[], logged: [] as string[] }
  let onDownloaded: (info: { version: string }) => void = () => {}
  const updater: UpdaterLike = {
    autoDownload: false,
    autoInstallOnAppQuit: false,
    checkForUpdates() {
      seen.checks += 1
      return options.failing ? Promise.reject(new Error('no network')) : Promise.resolve()
    },
    on: (event: string, listener: (argument: never) => void) => {
      if (event === 'update-downloaded') onDownloaded = listener as (info: { version: string }) => void
    },
  }
  const stop = startUpdates({
    ...options,
    loadUpdater: () => {
      seen.loads += 1
      return Promise.resolve(updater)
    },
    clock,
    log: (_level, message) => seen.logged.push(message),
    onReady: (version) => seen.ready.push(version),
  })
  const pass = async (ms: number) => {
    clock.advance(ms)
    await setImmediate()
  }
  return { seen, stop, pass, clock, updater, download: (version: string) => onDownloaded({ version }) }
}

describe('looking for updates', () => {
  it.each([
    { isPackaged: false, enabled: true },
    { isPackaged: true, enabled: false },
  ])('does not even load the updater when %j', async (options) => {
    const { seen, pass, clock } = setUp(options)
    await pass(10 * DAY_MS)
    expect(seen.loads).toBe(0)
    expect(clock.pending()).toBe(0)
  })

  it('happens after the start and then daily, and tells of a new version', async () => {
    const { seen, pass, updater, download } = setUp({ isPackaged: true, enabled: true })
    expect(seen.loads).toBe(0)
    await pass(60_000)
    expect([seen.loads, seen.checks]).toEqual([1, 1])
    expect(updater).toMatchObject({ autoDownload: true, autoInstallOnAppQuit: true })
    await pass(DAY_MS)
    expect([seen.loads, seen.checks]).toEqual([1, 2])
    download('1.2.3')
    expect(seen.ready).toEqual(['1.2.3'])
  })

  it('disturbs nobody when it fails, and is tried again', async () => {
    const { seen, pass } = setUp({ isPackaged: true, enabled: true, failing: true })
    await pass(60_000)
    await pass(DAY_MS)
    expect(seen.checks).toBe(2)
    expect(seen.logged).toHaveLength(2)
  })

  it('stops', async () => {
    const { seen, pass, stop, clock, download } = setUp({ isPackaged: true, enabled: true })
    await pass(60_000)
    stop()
    await pass(DAY_MS)
    download('1.2.3')
    expect(seen).toMatchObject({ checks: 1, ready: [] })
    expect(clock.pending()).toBe(0)
  })
})
