import type { DatabaseSync } from 'node:sqlite'

export interface StoredThread {
  readonly threadId: string
  readonly title: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly turns: number
}

export interface StoredTurn {
  readonly jobId: string
  readonly threadId: string
  readonly at: number
  readonly prompt: string
  readonly turnsCut: number
}

export interface ThreadStore {
  create(thread: { readonly threadId: string; readonly title: string; readonly at: number }): void
  list(): readonly StoredThread[]
  get(threadId: string): StoredThread | null
  rename(threadId: string, title: string): void
  setDeleted(threadId: string, at: number | null): void
  addTurn(turn: StoredTurn): void
  /** Oldest first. */
  turns(threadId: string): readonly StoredTurn[]
  turn(jobId: string): StoredTurn | null
}

const THREADS = `
  SELECT thread.thread_id, title, created_at, updated_at, (SELECT COUNT(*) FROM turn WHERE turn.thread_id = thread.thread_id) AS turns
  FROM thread WHERE deleted_at IS NULL`

export function createThreadStore(database: DatabaseSync): ThreadStore {
  const insert = database.prepare('INSERT INTO thread (thread_id, title, created_at, updated_at) VALUES (?, ?, ?, ?)')
  const selectAll = database.prepare(`${THREADS} ORDER BY updated_at DESC`)
  const selectOne = database.prepare(`${THREADS} AND thread_id = ?`)
  const updateTitle = database.prepare('UPDATE thread SET title = ? WHERE thread_id = ?')
  const updateDeleted = database.prepare('UPDATE thread SET deleted_at = ? WHERE thread_id = ?')
  const touch = database.prepare('UPDATE thread SET updated_at = ? WHERE thread_id = ?')
  const insertTurn = database.prepare('INSERT INTO turn (job_id, thread_id, at, prompt, turns_cut) VALUES (?, ?, ?, ?, ?)')
  const selectTurns = database.prepare('SELECT * FROM turn WHERE thread_id = ? ORDER BY at, job_id')
  const selectTurn = database.prepare('SELECT * FROM turn WHERE job_id = ?')
  return {
    create: ({ threadId, title, at }) => void insert.run(threadId, title, at, at),
    list: () => selectAll.all().map(threadOf),
    get(threadId) {
      const found = selectOne.get(threadId)
      return found ? threadOf(found) : null
    },
    rename: (threadId, title) => void updateTitle.run(title, threadId),
    setDeleted: (threadId, at) => void updateDeleted.run(at, threadId),
    addTurn(turn) {
      insertTurn.run(turn.jobId, turn.threadId, turn.at, turn.prompt, turn.turnsCut)
      touch.run(turn.at, turn.threadId)
    },
    turns: (threadId) => selectTurns.all(threadId).map(turnOf),
    turn(jobId) {
      const found = selectTurn.get(jobId)
      return found ? turnOf(found) : null
    },
  }
}

type Found = Record<string, unknown>

const threadOf = (found: Found): StoredThread => ({
  threadId: String(found['thread_id']),
  title: String(found['title']),
  createdAt: Number(found['created_at']),
  updatedAt: Number(found['updated_at']),
  turns: Number(found['turns']),
})

const turnOf = (found: Found): StoredTurn => ({
  jobId: String(found['job_id']),
  threadId: String(found['thread_id']),
  at: Number(found['at']),
  prompt: String(found['prompt']),
  turnsCut: Number(found['turns_cut']),
})
