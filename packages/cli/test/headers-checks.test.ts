import { describe, expect, it } from 'vitest'
import { appOf, findingsOf, outlineOf } from './helpers/app-of.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()
const outline = (check: string, files: Record<string, string>) => outlineOf(check, appOf(folder, files))
const header = (value: string) => `headers['Content-Security-Policy'] = ["${value}"]`

describe('csp', () => {
  it.each([
    "default-src 'none'; script-src 'nonce-n'; require-trusted-types-for 'script'",
    'sandbox allow-same-origin allow-scripts',
  ])('is not in the way: %s', async (policy) => {
    expect(await outline('csp', { 'main.js': header(policy) })).toEqual(['ok'])
  })

  it.each(['sandbox', "default-src 'self'; Sandbox allow-scripts", 'sandbox allow-same-origin'])(
    'finds a sandbox without origin or scripts: %s',
    async (policy) => {
      expect(await outline('csp', { 'main.js': `\n${header(policy)}` })).toEqual(['problem main.js:2'])
      expect(await outline('csp', { 'main.js': `r({ 'content-security-policy': \`${policy}\` })` })).toEqual([
        'problem main.js:1',
      ])
    },
  )

  it('knows that a page cannot sandbox itself', async () => {
    const page = `<meta http-equiv="Content-Security-Policy" content="sandbox; script-src 'self'">`
    expect(await outline('csp', { 'page.html': page })).toEqual(['ok'])
  })

  it('has nothing to say without a policy', async () => {
    expect(await outline('csp', { 'main.js': '// Content-Security-Policy: sandbox', 'page.html': '<p>' })).toEqual([])
  })
})

describe('coop-coep', () => {
  const coop = "h['Cross-Origin-Opener-Policy'] = 'same-origin'\n"
  const coep = "h['Cross-Origin-Embedder-Policy'] = ['require-corp']\n"

  it('is well without, with both, and with ours', async () => {
    expect(await outline('coop-coep', { 'main.js': '' })).toEqual(['ok'])
    expect(await outline('coop-coep', { 'main.js': coop + coep })).toEqual(['ok'])
    expect(
      await outline('coop-coep', { 'a.js': coop, 'b.js': "x({ 'cross-origin-embedder-policy': 'credentialless' })" }),
    ).toEqual(['ok'])
    expect(await outline('coop-coep', { 'main.js': 'isolationHeaders(session.defaultSession)' })).toEqual(['ok'])
  })

  it('finds handlers of headers that replace each other', async () => {
    const own = { 'own.js': 'session.webRequest.onHeadersReceived((details, respond) => respond(details))' }
    const ours = 'isolationHeaders(session.defaultSession)'
    expect(await outline('coop-coep', { 'main.js': ours, ...own })).toEqual(['note own.js:1'])
    const bundle = `function isolationHeaders(session) { session.webRequest.onHeadersReceived(f) } ${ours}`
    expect(await outline('coop-coep', { 'main.js': bundle })).toEqual(['ok'])
  })

  it('does not take the function for a call of it', async () => {
    const [finding] = await findingsOf(
      'coop-coep',
      appOf(folder, { 'main.js': 'function isolationHeaders(session) {}' }),
    )
    expect(finding?.what).toContain('No COOP')
  })

  it('finds one without the other', async () => {
    expect(await outline('coop-coep', { 'main.js': coop })).toEqual(['note main.js:1'])
    expect(await outline('coop-coep', { 'main.js': `${coop}// ${coep}` })).toEqual(['note main.js:1'])
  })

  it('finds values that do not isolate', async () => {
    const main = coop.replace('same-origin', 'same-origin-allow-popups') + coep
    expect(await outline('coop-coep', { 'main.js': main })).toEqual(['note main.js:1'])
    expect(await outline('coop-coep', { 'main.js': coop + coep.replace('require-corp', 'unsafe-none') })).toEqual([
      'note main.js:2',
    ])
  })

  it('finds them where they have no effect', async () => {
    const page = '<head>\n<meta http-equiv="Cross-Origin-Opener-Policy" content="same-origin">'
    expect(await outline('coop-coep', { 'page.html': page, 'main.js': coop + coep })).toEqual(['note page.html:2'])
  })
})
