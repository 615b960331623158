// Buffers of a page that cannot map memory: each side has a copy. What one writes reaches the other with the next message that
// says so (`postWebMessage`, and `postMessage` of the page).

/** Texts of posts, as docs/wire-format.md has them, "Posting buffers". */
const POST = /^post\n(\d+)\n([a-z-]+)\n/
const REFRESH = /^refresh\n(\d+)$/

/** The id of a post, and whether its receiver may write; undefined for another text. */
export function readPost(text: string): { id: string; isWritable: boolean } | undefined {
  const [, id, access] = POST.exec(text) ?? []
  return id === undefined ? undefined : { id, isWritable: access === 'read-write' }
}

/** With the bytes goes what a copy holds now. Core does not know this text, and leaves it to us. */
export const refreshText = (id: string): string => `refresh\n${id}`

/** The id of the post whose copy is new; undefined for another text. */
export const readRefresh = (text: string): string | undefined => REFRESH.exec(text)?.[1]
