/** SQLite's write-ahead log as bytes (https://www.sqlite.org/fileformat2.html#walformat), and what a store holds of jobs. */
import type { DatabaseSync } from 'node:sqlite'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/** Where each transaction ends in the log: after a frame that names the database's size in pages. */
export function commitEnds(log: Buffer): readonly number[] {
  const pageBytes = log.readUInt32BE(8)
  const [saltOne, saltTwo] = [log.readUInt32BE(16), log.readUInt32BE(20)]
  const ends: number[] = []
  for (let start = HEADER_BYTES; start + FRAME_HEADER_BYTES + pageBytes <= log.length; start += FRAME_HEADER_BYTES + pageBytes) {
    // Left over from before the log was begun anew.
    if (log.readUInt32BE(start + 8) !== saltOne || log.readUInt32BE(start + 12) !== saltTwo) break
    if (log.readUInt32BE(start + 4) > 0) ends.push(start + FRAME_HEADER_BYTES + pageBytes)
  }
  return ends
}

/** The events of each job, in order, with nothing missing between them and the job's row beside them. */
export type History = ReadonlyMap<string, readonly string[]>

/** Throws when a job has a gap, or a row without events or events without a row. */
export function readHistory(database: DatabaseSync): History {
  const history = new Map<string, string[]>()
  for (const { role, job_id, sequence, body } of database.prepare('SELECT role, job_id, sequence, body FROM job_event ORDER BY role, job_id, sequence').all()) {
    const job = `${String(role)} ${String(job_id)}`
    const events = history.get(job) ?? []
    if (sequence !== events.length) throw new Error(`${job} has no event ${events.length}, and one ${String(sequence)}`)
    history.set(job, [...events, String(body)])
  }
  const rows = database.prepare('SELECT role, job_id FROM job ORDER BY role, job_id').all().map(({ role, job_id }) => `${String(role)} ${String(job_id)}`)
  if (JSON.stringify(rows) !== JSON.stringify([...history.keys()])) throw new Error(`${rows.length} rows for ${history.size} journals`)
  return history
}
