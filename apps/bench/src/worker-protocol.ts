/** What src/worker.ts is told beside data, which are plain Uint8Arrays. */
export type WorkerOrder =
  | { readonly order: 'count' }
  | { readonly order: 'echo' }
  | { readonly order: 'report' }
  | { readonly order: 'describe'; readonly messages: number; readonly text: string }
  | { readonly order: 'produce'; readonly messages: number; readonly size: number }

/** A request, and its answer. */
export interface WorkerRequest {
  readonly call: number
  readonly payload: Uint8Array
}

/** Its answer to `report`. */
export interface WorkerReport {
  readonly count: number
  readonly sum: number
}
