/** What src/worker.ts is told beside data, which are plain Uint8Arrays. `repeat` is answered with objects. */
export type WorkerOrder =
  | { readonly order: 'count' }
  | { readonly order: 'echo' }
  | { readonly order: 'report' }
  | { readonly order: 'repeat'; readonly messages: number; readonly json: string }
  | { readonly order: 'produce'; readonly messages: number; readonly size: number }

/** Its answer to `report`. */
export interface WorkerReport {
  readonly count: number
  readonly sum: number
}
