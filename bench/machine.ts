import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** "AMD EPYC, 2 cores, 8 GB, Linux 6.8, Node 24.21.0" */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release().split('-')[0] ?? ''}, Node ${process.versions.node}`
}

/** How much runs here now; Windows does not tell. */
export function describeLoad(): { readonly text: string; readonly isBusy: boolean } {
  const [oneMinute = 0] = loadavg()
  return { text: oneMinute.toFixed(1), isBusy: oneMinute > availableParallelism() * 0.75 }
}
