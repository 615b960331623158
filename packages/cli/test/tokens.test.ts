import { describe, expect, it } from 'vitest'
import { tokenize } from '../src/source/tokens.ts'

const texts = (source: string) => tokenize(source).map(({ text }) => text)
const strings = (source: string) => tokenize(source).flatMap(({ kind, text }) => (kind === 'string' ? [text] : []))

describe('tokenize', () => {
  it('leaves comments out', () => {
    expect(texts('a // sandbox: false\n/* b: { */ c /* never closed')).toEqual(['a', 'c'])
  })

  it('keeps texts whole, whatever they hold', () => {
    expect(strings(`x('// no', "it's {", 'a\\'b')`)).toEqual(['// no', "it's {", "a\\'b"])
  })

  it('goes on in the next line when a quote is never closed', () => {
    expect(texts("don't\nsandbox: false")).toEqual(['don', 't', 'sandbox', ':', 'false'])
  })

  it('finds the code in templates', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source
    expect(texts('`a ${ { b: `c ${d} e` } } f` + g')).toEqual([
      'a ',
      '{',
      'b',
      ':',
      'c ',
      'd',
      ' e',
      '}',
      ' f',
      '+',
      'g',
    ])
  })

  it('is not led astray by quotes in regular expressions', () => {
    expect(texts(`a = /["'/*]/g; b.replace(/\\/'/, c); d / e / f`)).toEqual([
      'a',
      '=',
      ';',
      'b',
      '.',
      'replace',
      '(',
      ',',
      'c',
      ')',
      ';',
      'd',
      '/',
      'e',
      '/',
      'f',
    ])
  })

  it('tells where a token begins', () => {
    const source = 'ab  = "c"'
    expect(tokenize(source).map(({ offset }) => source[offset])).toEqual(['a', '=', '"'])
  })

  it.each(["'", '`', '`${', '}', '/', '/*', '\\', '"\\', '🙂'])('reads unfinished text to its end: %s', (source) => {
    expect(() => tokenize(source)).not.toThrow()
  })

  it('reads a very long text', () => {
    expect(strings(`x = '${'y'.repeat(5_000_000)}'`)[0]).toHaveLength(5_000_000)
  })
})
