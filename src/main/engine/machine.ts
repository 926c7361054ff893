/**
 * The shape of a functional core. No clock, no random, no I/O: everything comes in as data, so everything that can go
 * wrong is a test case. `decide` says what a message means in a state; `evolve` folds what happened; `due` says what
 * is owed to the world now, derived from the state alone, so that a restart knows what to go on with.
 */
export interface Machine<State, Message, Event, Effect extends { readonly key: string }> {
  readonly initial: State
  decide(state: State, message: Message): readonly Event[]
  evolve(state: State, event: Event): State
  /** Effects are idempotent; `key` names one within its job, and the same key is never run twice at once. */
  due(state: State): readonly Effect[]
}

export function replay<State, Event>(machine: Pick<Machine<State, never, Event, never>, 'initial' | 'evolve'>, events: readonly Event[]): State {
  return events.reduce((state, event) => machine.evolve(state, event), machine.initial)
}
