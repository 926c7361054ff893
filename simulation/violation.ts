/** An invariant that does not hold: ends the simulation with its seed and its step. */
export class Violation extends Error {
  override readonly name = 'Violation'
}
