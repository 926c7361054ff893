/** A machine whose states are numbers: each state and each answer to a message is computed once, however often it is come to. */
import type { Machine } from '../../machine.ts'

export interface Stepper<State, Facts> {
  readonly initial: number
  stateOf(id: number): State
  /** What is to be known of a state. */
  factsOf(id: number): Facts
  /** The state after a message at that time; the same where it means nothing. */
  tell(id: number, message: object, at: number): number
}

export function createStepper<State, Message, Event, Facts>(machine: Machine<State, Message, Event, { readonly key: string }>, factsOf: (state: State) => Facts): Stepper<State, Facts> {
  const ids = new Map<string, number>()
  const states: { readonly state: State; readonly facts: Facts }[] = []
  const answers = new Map<string, number>()
  const numbers = new Map<string, number>()
  const numbered = new WeakMap<object, number>()

  function idOf(state: State): number {
    const key = JSON.stringify(state)
    const known = ids.get(key)
    if (known !== undefined) return known
    states.push({ state, facts: factsOf(state) })
    ids.set(key, states.length - 1)
    return states.length - 1
  }

  function placeOf(id: number) {
    const place = states[id]
    if (place === undefined) throw new RangeError('no such state')
    return place
  }

  /** Of messages that say the same. */
  function numberOf(message: object): number {
    const known = numbered.get(message)
    if (known !== undefined) return known
    const words = JSON.stringify(message)
    const number = numbers.get(words) ?? numbers.size
    numbers.set(words, number)
    numbered.set(message, number)
    return number
  }

  return {
    initial: idOf(machine.initial),
    stateOf: (id) => placeOf(id).state,
    factsOf: (id) => placeOf(id).facts,
    tell(id, message, at) {
      const key = `${id} ${at} ${numberOf(message)}`
      const known = answers.get(key)
      if (known !== undefined) return known
      const { state } = placeOf(id)
      const events = machine.decide(state, { ...message, at } as Message)
      const next = events.length === 0 ? id : idOf(events.reduce((before, event) => machine.evolve(before, event), state))
      answers.set(key, next)
      return next
    },
  }
}
