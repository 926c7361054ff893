import type { Delivery } from '../delivery.ts'
import type { SaleDialect } from '../provider/dialect.ts'
import { outgoingOf, type BegunSale, type SaleSending } from '../provider/sale.ts'

/** What a sale says under that name, in that dialect; an error when it has nothing to say. */
export function saySale(dialect: SaleDialect, what: SaleSending, sale: BegunSale): Promise<Delivery | null> {
  const outgoing = outgoingOf(sale, what)
  if (outgoing === null) throw new Error(`a sale that is ${sale.phase.name} says no ${what}`)
  return dialect.send(outgoing, sale)
}
