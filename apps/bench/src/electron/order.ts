// What Electron's main process is told to measure, and what it finds.

/** The rows, and what each is told. */
export interface Jobs {
  readonly 'page-to-native': OneWaySettings
  readonly 'page-to-page': OneWaySettings
  readonly 'round-trip': RoundTripSettings
  readonly 'hand-over': HandOverSettings
  readonly frames: FrameSettings
}

export type JobName = keyof Jobs

export interface Order<Name extends JobName = JobName> {
  readonly job: Name
  readonly settings: Jobs[Name]
  /** Bytes of each ring of the channels, but for the frames'. */
  readonly capacity: number
  /** Absolute paths. */
  readonly plugins: Readonly<Record<PluginName, string>>
}

export const PLUGIN_NAMES = ['measure', 'camera'] as const
export type PluginName = (typeof PLUGIN_NAMES)[number]

/** In the environment of Electron, as JSON. */
export const ORDER_VARIABLE = 'SHARED_CHANNEL_BENCH_ORDER'
/** Of the link between the pages. */
export const PAGES = 'pages'

export interface OneWaySettings {
  readonly rounds: number
  /** Bytes of a message. */
  readonly size: number
  /** Messages of a round: ours, and of the slower peer. */
  readonly messages: number
  readonly peerMessages: number
}

export interface RoundTripSettings {
  readonly blocks: number
  readonly samplesPerBlock: number
}

export interface HandOverSettings {
  readonly rounds: number
  readonly perRound: number
  /** Bytes. */
  readonly size: number
}

export interface FrameSettings {
  readonly frames: number
  readonly perSecond: number
  /** Pixels, of four bytes each. */
  readonly width: number
  readonly height: number
}

/** What a page finds in its preload. */
export interface Machine {
  /** CLOCK_MONOTONIC, in milliseconds: the same in all processes, and finer than what pages are given. */
  now(): number
  /** Seconds of all cores that this process has used. */
  cpuSeconds(): number
  /** `ipcRenderer.invoke` to a handler in the main process that returns what it gets. */
  invokeEcho(payload: Uint8Array): Promise<unknown>
}
