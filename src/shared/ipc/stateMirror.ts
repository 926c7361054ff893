/** The page's copy of a state: how a snapshot and the patches after it make the next value, and whether that is what the contract says. */
import { safeParse } from '../safeParse.ts'
import type { StateRoute, StateRows } from './contract.ts'
import { applyMerge } from './mergePatch.ts'

export interface StateMirror {
  /** Unchanged parts keep their identity, except the record of a state with rows: that is one and the same, its rows replaced in it. Throws nothing: what breaks the contract is kept, for the next patch, and answered with false. */
  take(message: { readonly type: 'snapshot'; readonly value: unknown } | { readonly type: 'patch'; readonly patch: unknown }): boolean
  value(): unknown
  /** Of a state with rows: the keys that the last message named. Null when any may have changed. */
  changed(): ReadonlySet<string> | null
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
      return safeParse(snapshot, value).success
    },
    value: () => value,
    changed: () => null,
  }
}

/** A patch costs the rows that it names, however many there are. */
function mirrorByRows({ snapshot }: StateRoute, { member, row }: StateRows): StateMirror {
  let head: unknown
  // Without a prototype, so that a row named "__proto__" is a row.
  let rows: Record<string, unknown> = Object.create(null)
  let changed: ReadonlySet<string> | null = null
  let value: unknown
  let isHeadGood = false
  const broken = new Set<string>()

  function takeRow(key: string, change: unknown): void {
    broken.delete(key)
    if (change === null) {
      delete rows[key]
      return
    }
    rows[key] = applyMerge(rows[key], change)
    if (!safeParse(row, rows[key]).success) broken.add(key)
  }

  return {
    take(message) {
      const isNew = message.type === 'snapshot'
      const { [member]: changes, ...rest } = membersOf(isNew ? message.value : message.patch)
      if (isNew) {
        broken.clear()
        rows = Object.create(null)
      }
      if (isNew || Object.keys(rest).length > 0) {
        head = isNew ? rest : applyMerge(head, rest)
        isHeadGood = safeParse(snapshot, { ...membersOf(head), [member]: {} }).success
      }
      const named = Object.entries(membersOf(changes))
      for (const [key, change] of named) takeRow(key, change)
      changed = isNew ? null : new Set(named.map(([key]) => key))
      value = { ...membersOf(head), [member]: rows }
      return isHeadGood && broken.size === 0
    },
    value: () => value,
    changed: () => changed,
  }
}
