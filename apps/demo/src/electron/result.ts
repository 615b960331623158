// What the app in Electron finds out, and by which names its parts and the demo know each other.

/** Frames from the plugin into the first window. */
export interface PictureResult {
  readonly frames: number
  readonly bytesPerFrame: number
  readonly seconds: number
  /** Numbers that were left out. */
  readonly lost: number
  /** Frames whose sum is not the one that the plugin has counted. */
  readonly torn: number
}

/** Buffers that both windows have. */
export interface SharingResult {
  /** Frames that the first window put into shared memory, and how many of them the second did not find whole. */
  readonly painted: number
  readonly wrong: number
  /** Of the large buffer. */
  readonly bytes: number
  /** What the second window read is what the first wrote. */
  readonly readUnchanged: boolean
  /** What the second then wrote in the same place is seen by the first. */
  readonly seesChanges: boolean
}

export interface ElectronResult {
  /** By which way memory reaches the page; see `capabilities()`. */
  readonly memory: string
  readonly picture: PictureResult
  readonly sharing: SharingResult
}

/** From the first window to the main process. */
export interface FromPainter {
  readonly result?: ElectronResult
  readonly error?: string
}

/** Begins the line that has the result as JSON. */
export const RESULT_PREFIX = 'shared-channel-demo:'

/** The link between the windows. */
export const WINDOWS_LINK = 'windows'
