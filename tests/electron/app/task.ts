// What a run of the app does, given by the test in the environment, and what it answers.

/** Where a job runs. */
export type Place = 'main' | 'preload' | 'utility'

/** A job runs in one place and answers with its result. */
export interface JobTask {
  readonly kind: 'job'
  readonly job: JobName
  readonly place: Place
  /** Of the window whose preload does it. Default true. */
  readonly contextIsolation?: boolean
}

/** The other tasks are about windows and the end of the app. */
export type Task =
  | JobTask
  | { readonly kind: 'reload'; readonly times: number; readonly when: ReloadTime }
  | { readonly kind: 'quit'; readonly how: QuitKind }
  | { readonly kind: 'share'; readonly trusted: boolean }
  | { readonly kind: 'views' }
  | { readonly kind: 'ends' }
  | { readonly kind: 'post'; readonly hasResizable: boolean }

/** The tasks in which the main process calls the others. */
export const SERVING: readonly Task['kind'][] = ['share', 'views', 'ends', 'post']

/** Reloads a page while its channels are opening, or when all of them are busy. */
export type ReloadTime = 'opening' | 'busy'

/** `quit`: the app quits; `close` and `destroy`: its only window goes, and so the app ends. All channels are busy. */
export type QuitKind = 'quit' | 'close' | 'destroy'

/** The results of the jobs, by name. */
export interface JobResults {
  cage: CageResult
  stream: StreamResult
  many: ManyResult
  fixedBuffers: FixedBuffersResult
  ways: WaysResult
}
export type JobName = keyof JobResults

export interface CageResult {
  readonly versions: { readonly electron: string | undefined; readonly node: string; readonly v8: string }
  /** napi_status of napi_create_external_arraybuffer. */
  readonly status: number
}

/** Checked messages in one direction. */
export interface Checked {
  readonly messages: number
  readonly wrong: number
  readonly bytes: number
}

export interface StreamResult {
  /** The file of the addon, as the process has loaded it. */
  readonly addon: string | undefined
  readonly sent: Checked
  readonly received: Checked
  readonly largest: number
  readonly seconds: number
  /** What the channel reported by `onError` or as the reason of its end. */
  readonly errors: readonly string[]
}

/** What came of each way; see ways.ts. */
export interface WaysResult {
  /** The first byte of each message that came back, and how many were not consumed. */
  readonly sent: readonly number[]
  readonly called: readonly string[]
  /** Bytes written, then the memory. */
  readonly exchanged: readonly number[]
  readonly streamed: string
  readonly compat: readonly number[]
}

export interface ManyResult {
  /** How many links could be open at once. */
  readonly opened: number
  /** What refused the next one; undefined when there was no end in sight. */
  readonly refusal: string | undefined
  /** How many could be opened when all of these were closed. */
  readonly openedAgain: number
}

export interface FixedBuffersResult {
  /** Memories that the engine made for ten buffers, each opened when the one before was released. */
  readonly madeForTen: number
  /** How many buffers could be mapped at once. */
  readonly opened: number
  readonly refusal: { readonly code: string; readonly message: string } | undefined
  /** How many there were again when one of these, and when all of these were released. */
  readonly afterOneRelease: number
  readonly afterAllReleases: number
}

/** The renderer before each reload, seen from the main process and by its own preload. */
export interface Round {
  readonly pid: number
  /** Our threads when the preload started. */
  readonly threadsAtStart: number
  /** Our threads right before the reload. */
  readonly threadsBeforeReload: number
}

export interface ReloadResult {
  readonly rounds: readonly Round[]
  /** What is left in the renderer's process on a page that opens nothing, after garbage collection. */
  readonly left: Left
}

/** What a process holds of ours. */
export interface Holdings {
  readonly threads: number
  /** Of segments. */
  readonly descriptors: number
  /** Of segments. */
  readonly mappings: number
  /** Other processes whose end it would hear of. */
  readonly watched: number
}

export interface Left extends Holdings {
  readonly pid: number
}

export interface QuitResult {
  /** Processes with open channels. */
  readonly pids: readonly number[]
}

/** The files that a run needs; the tests know where they are. */
export interface Paths {
  readonly plugin: string
  readonly cageProbe: string
  /** The addon of @shared-channel/native. */
  readonly addon: string
  /** The Node that runs the tests. */
  readonly node: string
  readonly nativeMember: string
}

export interface Order {
  readonly task: Task
  readonly paths: Paths
}

/** Names the environment variable that holds the order as JSON. */
export const ORDER_VARIABLE = 'SHARED_CHANNEL_ELECTRON_TEST'
/** Stands before the answer, as JSON, in a line of standard output. */
export const ANSWER_PREFIX = 'answer: '
