/**
 * JSON Merge Patch (RFC 7396): how a state's snapshot follows the engine. Null means "remove" in a patch, so a
 * state holds none; `undefined` means absent, as in JSON. Lists are replaced whole.
 */

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)
const hasOwn = (value: Members, key: string) => Object.hasOwn(value, key) && value[key] !== undefined

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a).filter((key) => hasOwn(a, key))
  return keys.length === Object.keys(b).filter((key) => hasOwn(b, key)).length && keys.every((key) => hasOwn(b, key) && isEqual(a[key], b[key]))
}

function refuseNull(value: unknown): void {
  if (value === null) throw new TypeError('a state holds no null: RFC 7396 cannot say it')
  if (isObject(value)) for (const member of Object.values(value)) refuseNull(member)
}

/**
 * The smallest merge patch that turns `before` into `after`; undefined when they are equal. Throws TypeError when
 * `after` holds null where a patch would have to say it (null inside a list is fine).
 */
export function diffMerge(before: unknown, after: unknown): unknown {
  if (isEqual(before, after)) return undefined
  if (!isObject(before) || !isObject(after)) {
    refuseNull(after)
    return after
  }
  const changes: [string, unknown][] = []
  for (const key of Object.keys(before)) if (hasOwn(before, key) && !hasOwn(after, key)) changes.push([key, null])
  for (const key of Object.keys(after)) {
    if (!hasOwn(after, key)) continue
    const change = diffMerge(hasOwn(before, key) ? before[key] : undefined, after[key])
    if (change !== undefined) changes.push([key, change])
  }
  // fromEntries defines own members, so that a key named "__proto__" stays data.
  return Object.fromEntries(changes)
}

/** RFC 7396 §2. Changes nothing in place; what the patch does not touch keeps its identity, so that a page re-renders only what changed. */
export function applyMerge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const members = new Map<string, unknown>(isObject(target) ? Object.entries(target) : [])
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) members.delete(key)
    else members.set(key, applyMerge(members.get(key), change))
  }
  return Object.fromEntries(members)
}
