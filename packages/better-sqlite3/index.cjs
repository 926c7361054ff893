/**
 * What the storage of @breeztech/breez-sdk-spark calls of better-sqlite3 (PROTOCOL.md §7), over `node:sqlite`. Both come
 * with foreign keys on and double-quoted text off; the rest that differs is said where it is made equal.
 */
const { DatabaseSync } = process.getBuiltinModule('node:sqlite')

/** As long as better-sqlite3 waits for another's lock. */
const BUSY_TIMEOUT_MS = 5_000

/** `node:sqlite` binds no `undefined`, better-sqlite3 takes it for NULL, by place and by name. */
const bindable = (values) => values.map((value) => (isNamed(value) ? Object.fromEntries(Object.entries(value).map(([name, named]) => [name, named ?? null])) : (value ?? null)))

const isNamed = (value) => typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)

class Statement {
  #statement
  #isPlucked = false

  constructor(statement) {
    this.#statement = statement
  }

  pluck(isPlucked = true) {
    this.#isPlucked = isPlucked
    return this
  }

  get(...values) {
    const row = this.#statement.get(...bindable(values))
    return row === undefined ? undefined : this.#shape(row)
  }

  all(...values) {
    return this.#statement.all(...bindable(values)).map((row) => this.#shape(row))
  }

  run(...values) {
    return this.#statement.run(...bindable(values))
  }

  /** Rows of `node:sqlite` have no prototype. */
  #shape(row) {
    return this.#isPlucked ? Object.values(row)[0] : { ...row }
  }
}

module.exports = class Database {
  #database

  constructor(path) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  }

  prepare(sql) {
    return new Statement(this.#database.prepare(sql))
  }

  exec(sql) {
    this.#database.exec(sql)
    return this
  }

  pragma(text) {
    return this.prepare(`PRAGMA ${text}`).all()
  }

  /** A function that runs `work` wholly or not at all; within another it is a part of that one. */
  transaction(work) {
    const begun = (begin) => (...values) => {
      if (this.#database.isTransaction) return work(...values)
      this.exec(begin)
      try {
        const result = work(...values)
        this.exec('COMMIT')
        return result
      } catch (error) {
        // SQLite has rolled back by itself where the disk is full or broken.
        if (this.#database.isTransaction) this.exec('ROLLBACK')
        throw error
      }
    }
    return Object.assign(begun('BEGIN'), { deferred: begun('BEGIN DEFERRED'), immediate: begun('BEGIN IMMEDIATE'), exclusive: begun('BEGIN EXCLUSIVE') })
  }

  close() {
    this.#database.close()
    return this
  }
}
