const NUMBER = String.raw`-?\d{1,12}(?:\.\d{1,6})?`
const OPERATOR = String.raw`\+|-|−|–|\*|×|x|\/|÷|plus|minus|times|divided by`
/** "2+2", "what is 2 + 3 × 4?": a question about a sum, not any text with a dash between numbers. At most ten numbers. */
const SUM = new RegExp(String.raw`(?:^|what(?:['’]?s| is)|how much is|calculate|compute|solve)\s*(${NUMBER}(?:\s*(?:${OPERATOR})\s*${NUMBER}){1,9})\s*(?:=|[?.!,]|$)`, 'i')

type Operator = '+' | '−' | '×' | '÷'
interface Term {
  readonly operator: Operator
  readonly value: number
}

/** The answer to a simple sum in the prompt, null when there is none. */
export function solveArithmetic(prompt: string): string | null {
  const expression = SUM.exec(prompt)?.[1]
  if (expression === undefined) return null
  const terms = readTerms(expression)
  const shown = terms.map((term, index) => (index === 0 ? formatNumber(term.value) : `${term.operator} ${formatNumber(term.value)}`)).join(' ')
  if (terms.some((term) => term.operator === '÷' && term.value === 0)) return `${shown} has no answer: nothing can be divided by zero. Even a toy knows that.`
  return `${shown} = ${formatNumber(calculate(terms))}. That much arithmetic I can do; I am Souk’s toy, not a language model.`
}

function readTerms(expression: string): Term[] {
  const terms: Term[] = []
  const first = new RegExp(`^${NUMBER}`).exec(expression)?.[0] ?? '0'
  terms.push({ operator: '+', value: Number(first) })
  for (const match of expression.slice(first.length).matchAll(new RegExp(String.raw`\s*(${OPERATOR})\s*(${NUMBER})`, 'gi'))) {
    terms.push({ operator: readOperator((match[1] ?? '').toLowerCase()), value: Number(match[2]) })
  }
  return terms
}

function readOperator(word: string): Operator {
  if (word === '+' || word === 'plus') return '+'
  if (word === '*' || word === '×' || word === 'x' || word === 'times') return '×'
  if (word === '/' || word === '÷' || word === 'divided by') return '÷'
  return '−'
}

/** Products before sums. */
function calculate(terms: readonly Term[]): number {
  let total = 0
  let product = 0
  for (const { operator, value } of terms) {
    if (operator === '×') product *= value
    else if (operator === '÷') product /= value
    else {
      total += product
      product = operator === '−' ? -value : value
    }
  }
  return total + product
}

/** Without the noise of binary fractions: 0.1 + 0.2 is 0.3. */
function formatNumber(value: number): string {
  return String(Number(value.toPrecision(12))).replace('-', '−')
}
