/** What is used, or what a test has put around it (`EngineWraps`). */
export function wrapped<T>(wrap: ((inner: T) => T) | undefined, inner: T): T {
  return wrap === undefined ? inner : wrap(inner)
}
