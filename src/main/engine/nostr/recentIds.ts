/** Remembers the last `capacity` ids. Only ids of verified events belong here: a forged one must not shadow the true one. */
export interface RecentIds {
  has(id: string): boolean
  add(id: string): void
}

export function createRecentIds(capacity: number): RecentIds {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id)
      const [oldest] = ids
      if (ids.size > capacity && oldest !== undefined) ids.delete(oldest)
    },
  }
}
