export function jobsText(jobs: number): string {
  return jobs === 1 ? '1 job' : `${jobs.toLocaleString('en-US')} jobs`
}
