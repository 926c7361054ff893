/** A value or a named problem. Errors that a person or a peer can cause are values; exceptions are for bugs. */
export type Result<T, E = Problem> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** What went wrong, for a person: the cause first, then the way out. Never holds a secret. */
export interface Problem<Code extends string = string> {
  readonly code: Code
  /** One or two sentences: "Ollama is not answering on port 11434. Start it, or choose another backend." */
  readonly message: string
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function fail<Code extends string>(code: Code, message: string): { readonly ok: false; readonly error: Problem<Code> } {
  return { ok: false, error: { code, message } }
}
