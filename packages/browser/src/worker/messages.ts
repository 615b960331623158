// What the page and the worker of a plugin say to each other. All else goes through the memory that they share.

/** The one message from the page: what to run. */
export interface StartMessage {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Bytes of the rings from and to the page. */
  readonly capacities: readonly [number, number]
  /** JSON text. */
  readonly options: string
  /** Milliseconds; 0: never. */
  readonly updateInterval: number
  /** Whether the page hears the bell only by a message. */
  readonly ringsByMessage: boolean
  /** One word: how many logs and errors are on their way. The worker adds, the page takes away. */
  readonly pending: Int32Array
}

/** From the worker. `ended` is the last. */
export type WorkerMessage =
  | { readonly type: 'ready'; readonly name: string; readonly version: string; readonly abiMinor: number }
  | { readonly type: 'ring' }
  | { readonly type: 'log'; readonly level: number; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | {
      readonly type: 'ended'
      /** Empty when it was asked to end. */
      readonly code: string
      readonly text: string
      /** Of a trap: where. */
      readonly stack?: string
    }
