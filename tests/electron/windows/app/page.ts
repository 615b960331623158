// The script of every page: what the tests, which run their own code in it, find as the global `page`.

const tools = {}

declare global {
  /** In a page. */
  var page: typeof tools
}
globalThis.page = tools
