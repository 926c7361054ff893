/** Sets the key, and drops what has been in the map for longest when it has more than `max`. Setting a key again does not make it younger: deleting it first does. */
export function setBounded<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > max && oldest.done !== true) map.delete(oldest.value)
}
