const KEPT = 8

/** "job_1234…cdef5678": the ends stay, since that is what people compare. */
export function shortenId(id: string): string {
  return id.length <= KEPT * 2 + 1 ? id : `${id.slice(0, KEPT)}…${id.slice(-KEPT)}`
}
