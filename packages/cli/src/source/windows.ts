// Finds in source text which settings windows are made with.
import type { SourceFile } from './source-file.ts'
import type { Token } from './tokens.ts'

/** A window, or what else shows pages, as the source makes it. */
export interface WindowSource {
  readonly place: string
  /** What is written there as true or false; `'unknown'` is anything else. */
  readonly settings: ReadonlyMap<string, boolean | 'unknown'>
  /** Whether what is not written there has its default: false when the settings come from elsewhere, too. */
  readonly isComplete: boolean
}

const MAKERS = new Set(['BrowserWindow', 'BrowserView', 'WebContentsView'])
const OPENING = new Set(['{', '[', '('])
const CLOSING = new Set(['}', ']', ')'])

/** Each `webPreferences` that is written out, and each `new BrowserWindow(…)` without any. */
export function findWindows(file: SourceFile): WindowSource[] {
  return file.tokens.flatMap((token, index) => {
    if (isNamed(token, 'webPreferences')) return fromPreferences(file, index)
    if (token.kind === 'name' && MAKERS.has(token.text) && isMade(file.tokens, index)) return fromMaker(file, index)
    return []
  })
}

function fromPreferences(file: SourceFile, index: number): WindowSource[] {
  const open = objectIndex(file.tokens, index)
  return open === undefined
    ? []
    : [{ place: file.place(file.tokens[index] as Token), ...readObject(file.tokens, open) }]
}

/** Where the object begins that is given to a property or a constant, which may have a type. */
function objectIndex(tokens: readonly Token[], index: number): number | undefined {
  let sign = index + 1
  if (tokens[sign]?.text === ':') {
    let behindType = sign + 1
    while (tokens[behindType]?.kind === 'name' || tokens[behindType]?.text === '.') behindType++
    if (tokens[behindType]?.text === '=') sign = behindType
  } else if (tokens[sign]?.text !== '=') {
    return undefined
  }
  return isPunctuator(tokens[sign + 1], '{') ? sign + 1 : undefined
}

function fromMaker(file: SourceFile, index: number): WindowSource[] {
  const { tokens } = file
  const first = index + 2
  const end = endOfGroup(tokens, index + 1)
  const place = file.place(tokens[index] as Token)
  const nested = tokens.slice(first, end).findIndex((token) => isNamed(token, 'webPreferences'))
  if (nested !== -1) {
    const isWrittenOut = objectIndex(tokens, first + nested) !== undefined
    return isWrittenOut ? [] : [{ place, settings: new Map(), isComplete: false }]
  }
  const isComplete = first === end || (isPunctuator(tokens[first], '{') && readObject(tokens, first).isComplete)
  return [{ place, settings: new Map(), isComplete }]
}

/** `new BrowserWindow(`, also by way of a module: `new electron.BrowserWindow(`. */
function isMade(tokens: readonly Token[], index: number): boolean {
  if (tokens[index + 1]?.text !== '(') return false
  let first = index
  while (tokens[first - 1]?.text === '.') first -= 2
  return tokens[first - 1]?.text === 'new'
}

function readObject(tokens: readonly Token[], open: number): Pick<WindowSource, 'settings' | 'isComplete'> {
  const settings = new Map<string, boolean | 'unknown'>()
  let isComplete = true
  const end = endOfGroup(tokens, open)
  for (let index = open + 1; index < end; index++) {
    const token = tokens[index] as Token
    if (OPENING.has(token.text) && token.kind === 'punctuator') index = endOfGroup(tokens, index)
    else if (token.text === '.' && tokens[index + 1]?.text === '.') isComplete = false
    else if (isKey(tokens, index)) settings.set(token.text, readBoolean(tokens, index))
  }
  return { settings, isComplete }
}

function isKey(tokens: readonly Token[], index: number): boolean {
  const kind = tokens[index]?.kind
  const before = tokens[index - 1]?.text ?? ''
  return (kind === 'name' || kind === 'string') && (before === '{' || before === ',')
}

/** Minifiers write `!0` for true and `!1` for false. */
function readBoolean(tokens: readonly Token[], key: number): boolean | 'unknown' {
  if (tokens[key + 1]?.text !== ':') return 'unknown'
  const isNegated = tokens[key + 2]?.text === '!'
  const value = key + (isNegated ? 3 : 2)
  const next = tokens[value + 1]?.text
  if (next !== ',' && next !== '}') return 'unknown'
  const text = `${isNegated ? '!' : ''}${tokens[value]?.text}`
  if (text === 'true' || text === '!0') return true
  if (text === 'false' || text === '!1') return false
  return 'unknown'
}

/** The index of what closes the bracket at `open`; behind the last token if nothing does. */
function endOfGroup(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let index = open; index < tokens.length; index++) {
    const token = tokens[index] as Token
    if (token.kind !== 'punctuator') continue
    if (OPENING.has(token.text)) depth++
    else if (CLOSING.has(token.text) && --depth === 0) return index
  }
  return tokens.length
}

const isPunctuator = (token: Token | undefined, text: string) => token?.kind === 'punctuator' && token.text === text

const isNamed = (token: Token, name: string) =>
  token.text === name && (token.kind === 'name' || token.kind === 'string')
