/** The page's copy of a state: how a snapshot and the patches after it make the next value, and whether that is what the contract says. */
import type { StateRoute, StateRows } from './contract.ts'
import { applyMerge } from './mergePatch.ts'

export interface StateMirror {
  /** Unchanged parts keep their identity. Throws nothing: what breaks the contract is kept, for the next patch, and answered with false. */
  take(message: { readonly type: 'snapshot'; readonly value: unknown } | { readonly type: 'patch'; readonly patch: unknown }): boolean
  value(): unknown
}

type Members = Readonly<Record<string, unknown>>

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? { ...value } : {})

export function createStateMirror(route: StateRoute): StateMirror {
  return route.rows === undefined ? mirrorWhole(route) : mirrorByRows(route, route.rows)
}

function mirrorWhole({ snapshot }: StateRoute): StateMirror {
  let value: unknown
  return {
    take(message) {
      value = message.type === 'snapshot' ? message.value : applyMerge(value, message.patch)
      // Checked, but handed on as it came: a parsed copy would give every unchanged part a new identity.
      return snapshot.safeParse(value).success
    },
    value: () => value,
  }
}

/** A patch costs the rows that it names, and one shallow copy of the record. */
function mirrorByRows({ snapshot }: StateRoute, { member, row }: StateRows): StateMirror {
  let head: unknown
  let rows: Members = {}
  let value: unknown
  let isHeadGood = false
  const broken = new Set<string>()

  function takeRow(next: Record<string, unknown>, key: string, change: unknown): void {
    broken.delete(key)
    if (change === null) {
      delete next[key]
      return
    }
    next[key] = applyMerge(next[key], change)
    if (!row.safeParse(next[key]).success) broken.add(key)
  }

  return {
    take(message) {
      const isNew = message.type === 'snapshot'
      const { [member]: changes, ...rest } = membersOf(isNew ? message.value : message.patch)
      if (isNew) broken.clear()
      if (isNew || Object.keys(rest).length > 0) {
        head = isNew ? rest : applyMerge(head, rest)
        isHeadGood = snapshot.safeParse({ ...membersOf(head), [member]: {} }).success
      }
      if (isNew || changes !== undefined) {
        // Without a prototype, so that a row named "__proto__" is a row.
        const next: Record<string, unknown> = Object.assign(Object.create(null), isNew ? {} : rows)
        for (const [key, change] of Object.entries(membersOf(changes))) takeRow(next, key, change)
        rows = next
      }
      value = { ...membersOf(head), [member]: rows }
      return isHeadGood && broken.size === 0
    },
    value: () => value,
  }
}
