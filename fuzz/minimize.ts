/** Makes a failing input smaller while it still fails, so that what is kept shows the fault and little else. */
const MAX_ATTEMPTS = 3_000

export function minimize(input: unknown, fails: (input: unknown) => boolean): unknown {
  let smallest = input
  let attempts = 0
  for (let isSmaller = true; isSmaller && attempts < MAX_ATTEMPTS; ) {
    isSmaller = false
    for (const candidate of smallerThan(smallest)) {
      attempts += 1
      if (attempts > MAX_ATTEMPTS) break
      if (!fails(candidate)) continue
      smallest = candidate
      isSmaller = true
      break
    }
  }
  return smallest
}

/** Smaller forms of a value, the boldest first. */
function* smallerThan(value: unknown): Generator {
  if (typeof value === 'number' && value !== 0) {
    yield 0
  } else if (typeof value === 'string') {
    yield* without(value.length, (from, to) => value.slice(0, from) + value.slice(to))
  } else if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    yield* without(list.length, (from, to) => [...list.slice(0, from), ...list.slice(to)])
    for (const [index, item] of list.entries()) for (const smaller of smallerThan(item)) yield list.with(index, smaller)
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
    yield* without(members.length, (from, to) => Object.fromEntries([...members.slice(0, from), ...members.slice(to)]))
    for (const [index, [key, member]] of members.entries()) {
      for (const smaller of smallerThan(member)) yield Object.fromEntries(members.with(index, [key, smaller]))
    }
  }
}

function* without(length: number, cut: (from: number, to: number) => unknown): Generator {
  for (let size = length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < length; from += size) yield cut(from, Math.min(length, from + size))
  }
}
