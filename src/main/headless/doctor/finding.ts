/** What a check found, for a person: what, why, and the way out. */
export interface Finding {
  readonly name: string
  /** `failure`: something that the sandbox needs does not work. `warning`: something else does not. */
  readonly grade: 'ok' | 'warning' | 'failure'
  readonly message: string
  readonly wayOut?: string
}

export function fine(name: string, message: string): Finding {
  return { name, grade: 'ok', message }
}

export function warn(name: string, message: string, wayOut: string): Finding {
  return { name, grade: 'warning', message, wayOut }
}

export function failed(name: string, message: string, wayOut: string): Finding {
  return { name, grade: 'failure', message, wayOut }
}
