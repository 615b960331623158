// Splits JavaScript and TypeScript into tokens: enough to tell code from comments and texts, no more. What it does not
// understand (JSX text, rare places of regular expressions) spoils a line at most, never the run.

export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'punctuator'
  /** Of a string what is between the quotes, of a template without its expressions, which follow as tokens. */
  readonly text: string
  /** Where it begins in the source. */
  readonly offset: number
}

const SPACE_OR_COMMENT = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const NUMBER = /\d[\w.]*/y
const REGULAR_EXPRESSION = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y
/** After these a slash begins a regular expression, although they look like names. */
const BEFORE_EXPRESSION = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'else', 'await'])

/** @returns The tokens in order; never throws, whatever the text is. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  /** For each open brace whether it is one of a template, which goes on at its end. */
  const braces: boolean[] = []
  let offset = 0

  const skip = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) offset += found.length
    return found
  }
  const push = (kind: Token['kind'], from: number, value: string) => tokens.push({ kind, offset: from, text: value })
  const readTemplatePart = (from: number) => {
    offset = endOfTemplatePart(text, offset)
    const opens = text[offset - 1] === '{'
    push('string', from, text.slice(from + 1, opens ? offset - 2 : offset - 1))
    if (opens) braces.push(true)
  }

  while (offset < text.length) {
    if (skip(SPACE_OR_COMMENT) !== undefined) continue
    const from = offset
    const word = skip(NAME)
    if (word !== undefined) {
      push('name', from, word)
      continue
    }
    const number = skip(NUMBER)
    if (number !== undefined) {
      push('number', from, number)
      continue
    }
    if (beginsExpression(tokens.at(-1)) && skip(REGULAR_EXPRESSION) !== undefined) continue
    const character = text[offset++] ?? ''
    if (character === '"' || character === "'") {
      offset = endOfString(text, offset, character)
      push('string', from, text.slice(from + 1, text[offset - 1] === character ? offset - 1 : offset))
    } else if (character === '`' || (character === '}' && braces.pop() === true)) {
      readTemplatePart(from)
    } else {
      if (character === '{') braces.push(false)
      push('punctuator', from, character)
    }
  }
  return tokens
}

function beginsExpression(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'name') return BEFORE_EXPRESSION.has(before.text)
  return before.kind === 'punctuator' && !')]}'.includes(before.text)
}

/** Behind the closing quote, else at the end of the line. */
function endOfString(text: string, from: number, quote: string): number {
  let offset = from
  for (; offset < text.length && text[offset] !== '\n'; offset++) {
    if (text[offset] === quote) return offset + 1
    if (text[offset] === '\\') offset++
  }
  return Math.min(offset, text.length)
}

/** Behind the closing backtick or behind the `${` of an expression. */
function endOfTemplatePart(text: string, from: number): number {
  let offset = from
  for (; offset < text.length; offset++) {
    if (text[offset] === '`') return offset + 1
    if (text[offset] === '$' && text[offset + 1] === '{') return offset + 2
    if (text[offset] === '\\') offset++
  }
  return text.length
}
