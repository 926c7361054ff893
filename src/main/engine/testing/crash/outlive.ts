/** A Souk on one folder that is killed at one point after the other, and started again each time. */
import type { Survival } from './killEverywhere.ts'
import type { SoukProcess } from './startSouk.ts'

export const pubkeyOf = (souk: SoukProcess) => souk.hear((report) => (report.type === 'identity' ? report.pubkey : null), 'its identity')
/** Nothing of its is open any more. */
export const settled = (souk: SoukProcess) => souk.hear((report) => (report.type === 'settled' ? true : null), 'the end of its jobs')

export interface Outlived extends Pick<Survival, 'deaths'> {
  /** The last one, which lives. */
  readonly last: SoukProcess
  /** What the first one passed, until now. */
  points(): readonly string[]
  measure(): Promise<Pick<Survival, 'recoveryMs' | 'openMs'>>
}

/** `begin`: starts it on the same folder again. */
export async function outlive(kills: readonly string[], begin: (killAt: string | null, isFirst: boolean) => SoukProcess): Promise<Outlived> {
  let souk = begin(kills[0] ?? null, true)
  const first = souk
  let deaths = 0
  let startedAt = performance.now()
  for (const [index] of kills.entries()) {
    // One that neither dies nor comes to an end is heard of there, in time.
    const killed = await Promise.race([souk.killed, settled(souk).then(() => false)])
    if (!killed) break
    deaths += 1
    startedAt = performance.now()
    souk = begin(kills[index + 1] ?? null, false)
  }
  const last = souk
  return { last, deaths, points: first.points, measure: measureStart(last, startedAt) }
}

/** Measures from now on, for who asks later. */
export function measureStart(souk: SoukProcess, startedAt = performance.now()): Outlived['measure'] {
  const hasRunFor = () => performance.now() - startedAt
  const opening = pubkeyOf(souk).then(hasRunFor)
  const recovering = settled(souk).then(hasRunFor)
  // Whoever waits for more than that hears of it there.
  for (const time of [opening, recovering]) time.catch(() => {})
  return async () => ({ recoveryMs: await recovering, openMs: await opening })
}
