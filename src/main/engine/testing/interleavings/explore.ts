/**
 * Every order of so many events, not a sample of them. States that are alike are one, and gone on from once, at the fewest events
 * that lead there: what is found against a law is found by a shortest order of events. From every state the obliging world then has
 * its way, until nothing is left to do.
 */
export interface Move<State> {
  readonly name: string
  readonly next: () => State
  /** Something an obliging world does by itself, and soon; the others are choices, accidents and time. */
  readonly isObliging: boolean
  readonly topic: Topic
}

/** What an event is about: a race is between some of them. */
export type Topic = 'asking' | 'cancelling' | 'settling' | 'working' | 'releasing' | 'refunding' | 'time' | 'crashing'

export interface Model<State> {
  /** Equal for states that are alike. */
  keyOf(state: State): string
  /** What may happen next; obliging moves in the order in which an obliging world makes them. One that changes nothing leads to where it began. */
  movesFrom(state: State): readonly Move<State>[]
  /** What is wrong in it; empty: nothing. */
  faultsIn(state: State): readonly string[]
  /** What is wrong when nothing more happens. */
  faultsAtEnd(state: State): readonly string[]
}

export interface Explored {
  readonly states: number
  /** How many orders of exactly so many events there are; one that has no effect counts. */
  readonly orders: number
  /** Different ends to which an obliging world brings them. */
  readonly ends: number
  /** The shortest order of events that breaks a law; null: none does. */
  readonly fault: { readonly events: readonly string[]; readonly what: readonly string[] } | null
}

interface Node<State> {
  readonly state: State
  readonly key: string
  readonly depth: number
  readonly cameFrom: Node<State> | null
  readonly by: string
  targets: number[]
}

/** An obliging world is done sooner, or it is never. */
const MOST_OBLIGING_MOVES = 600

/** Every order of up to so many events about these topics. */
export function explore<State>(model: Model<State>, start: State, events: number, topics: ReadonlySet<Topic>): Explored {
  const places = new Map<string, number>()
  const nodes: Node<State>[] = []
  const ends = new Map<string, string>()
  const visit = (state: State, cameFrom: Node<State> | null, by: string): number => {
    const key = model.keyOf(state)
    const known = places.get(key)
    if (known !== undefined) return known
    nodes.push({ state, key, depth: cameFrom === null ? 0 : cameFrom.depth + 1, cameFrom, by, targets: [] })
    places.set(key, nodes.length - 1)
    return nodes.length - 1
  }
  const report = (node: Node<State>, then: readonly string[], what: readonly string[]): Explored => ({ states: nodes.length, orders: 0, ends: ends.size, fault: { events: [...wayTo(node), ...then], what } })
  visit(start, null, '')
  for (let place = 0; place < nodes.length; place++) {
    const node = nodes[place]
    if (node === undefined) break
    const faults = model.faultsIn(node.state)
    if (faults.length > 0) return report(node, [], faults)
    const end = letEnd(model, node.state, ends)
    if (end !== null) return report(node, ['… from here on the world obliges:', ...end.events], end.what)
    if (node.depth >= events) continue
    node.targets = model.movesFrom(node.state).filter(({ topic }) => topics.has(topic)).map(({ name, next }) => visit(next(), node, name))
  }
  return { states: nodes.length, orders: countOrders(nodes, events), ends: new Set(ends.values()).size, fault: null }
}

/** The first state that is reached by moves of those names, each the first that begins so. */
export function playScript<State>(model: Pick<Model<State>, 'movesFrom'>, start: State, names: readonly string[]): State {
  return names.reduce((state, wanted) => {
    const moves = model.movesFrom(state)
    const found = moves.find(({ name }) => name.startsWith(wanted))
    if (found === undefined) throw new Error(`"${wanted}" cannot happen there, only: ${moves.map(({ name }) => name).join('; ')}`)
    return found.next()
  }, start)
}

/** Null: it ends well. `ends`: of each state on a way that was gone before, the key of its end. */
function letEnd<State>(model: Model<State>, start: State, ends: Map<string, string>): { readonly events: readonly string[]; readonly what: readonly string[] } | null {
  const way: string[] = []
  const events: string[] = []
  let state = start
  let key = model.keyOf(state)
  for (; !ends.has(key); ) {
    way.push(key)
    const faults = model.faultsIn(state)
    if (faults.length > 0) return { events, what: faults }
    const step = obligingStep(model, state, key)
    if (step === null) {
      const wrong = model.faultsAtEnd(state)
      if (wrong.length > 0) return { events, what: wrong }
      break
    }
    events.push(step.name)
    if (events.length > MOST_OBLIGING_MOVES) return { events, what: ['it never ends'] }
    ;({ state, key } = step)
  }
  const end = ends.get(key) ?? key
  for (const passed of way) ends.set(passed, end)
  return null
}

/** The first that changes something; null: none does. */
function obligingStep<State>(model: Model<State>, before: State, keyBefore: string): { readonly name: string; readonly state: State; readonly key: string } | null {
  for (const { name, next, isObliging } of model.movesFrom(before)) {
    if (!isObliging) continue
    const state = next()
    const key = model.keyOf(state)
    if (key !== keyBefore) return { name, state, key }
  }
  return null
}

function wayTo<State>(node: Node<State>): readonly string[] {
  return node.cameFrom === null ? [] : [...wayTo(node.cameFrom), node.by]
}

function countOrders(nodes: readonly { readonly targets: readonly number[] }[], events: number): number {
  let ways = new Map<number, number>([[0, 1]])
  for (let count = 0; count < events; count++) {
    const next = new Map<number, number>()
    for (const [place, orders] of ways) for (const target of nodes[place]?.targets ?? []) next.set(target, (next.get(target) ?? 0) + orders)
    ways = next
  }
  return [...ways.values()].reduce((sum, orders) => sum + orders, 0)
}
