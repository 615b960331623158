/** The script of the worker, bundled: worker-text.ts of this package puts it in. */
declare module 'virtual:worker-text' {
  const text: string
  export default text
}
