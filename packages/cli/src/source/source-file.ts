import { type Token, tokenize } from './tokens.ts'

/** A file of JavaScript or TypeScript. */
export interface SourceFile {
  /** Relative to the app's folder; within an archive its path is that of a folder. */
  readonly path: string
  readonly tokens: readonly Token[]
  /** `path:line` of a token, for people. */
  place(token: Token): string
}

export function readSource(path: string, text: string): SourceFile {
  return { path, tokens: tokenize(text), place: ({ offset }) => placeIn(path, text, offset) }
}

/** @returns `path:line`, the first line is 1. */
export function placeIn(path: string, text: string, offset: number): string {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return `${path}:${line}`
}

/** The tokens that begin a call of a function or method of this name. */
export function callsOf(file: SourceFile, name: string): Token[] {
  return uses(file, name)
    .filter(({ isDefinition }) => !isDefinition)
    .map(({ token }) => token)
}

/** Whether a function of this name is written here: then this is, perhaps, a bundle of what it comes from. */
export function defines(file: SourceFile, name: string): boolean {
  return uses(file, name).some(({ isDefinition }) => isDefinition)
}

function uses({ tokens }: SourceFile, name: string): { token: Token; isDefinition: boolean }[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'name' || token.text !== name || tokens[index + 1]?.text !== '(') return []
    return [{ token, isDefinition: tokens[index - 1]?.text === 'function' }]
  })
}

/**
 * The texts that follow the name of a header, as value of its property, next argument or member of an array.
 *
 * @param header In lower case.
 */
export function headerValues({ tokens }: SourceFile, header: string): { name: Token; value: string | undefined }[] {
  const NEAR = 4 // 'name' : [ 'value'
  return tokens.flatMap((name, index) => {
    if (name.kind !== 'string' || name.text.toLowerCase() !== header) return []
    const value = tokens.slice(index + 1, index + 1 + NEAR).find(({ kind }) => kind === 'string')
    return [{ name, value: value?.text }]
  })
}
