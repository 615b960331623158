// The page under test: one buffer, marked so that the library in this process finds its memory. The tests call what
// `page` holds.

const WASM_PAGE = 65_536

/**
 * Makes `bytes` of memory that V8 aligns to pages; `detach` is what JavaScript can do to take it from old views.
 *
 * @type {Record<import('../page.ts').Kind, (bytes: number) => { buffer: ArrayBuffer | SharedArrayBuffer, detach(): void }>}
 */
const KINDS = {
  memory(bytes) {
    const memory = new WebAssembly.Memory({ initial: bytes / WASM_PAGE, maximum: bytes / WASM_PAGE })
    return { buffer: memory.buffer, detach: () => memory.grow(0) }
  },
  'shared memory'(bytes) {
    const memory = new WebAssembly.Memory({ initial: bytes / WASM_PAGE, maximum: bytes / WASM_PAGE, shared: true })
    return { buffer: memory.buffer, detach: () => {} }
  },
  resizable(bytes) {
    const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes })
    return { buffer, detach: () => buffer.transfer() }
  },
  growable(bytes) {
    // A page without COOP/COEP has the constructor only under the counter: every shared wasm memory leads to it.
    const { buffer } = new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true })
    const Shared = /** @type {SharedArrayBufferConstructor} */ (buffer.constructor)
    return { buffer: new Shared(bytes, { maxByteLength: bytes }), detach: () => {} }
  },
}

/** @type {{ buffer: ArrayBuffer | SharedArrayBuffer, detach(): void } | undefined} */
let memory
/** @type {Uint8Array<ArrayBufferLike>} */
let bytes = new Uint8Array(0)
/** @type {Worker | undefined} */
let worker

/**
 * @param {unknown} message
 * @param {Transferable[]} [transfer]
 * @returns {Promise<any>}
 */
function askWorker(message, transfer = []) {
  worker ??= new Worker('worker.js')
  const there = worker
  return new Promise((resolve, reject) => {
    there.onmessage = ({ data }) => resolve(data)
    there.onerror = ({ message }) => reject(new Error(message))
    there.postMessage(message, transfer)
  })
}

/** @type {import('../page.ts').PageFunctions} */
const page = {
  isolated: () => crossOriginIsolated,

  make(kind, length) {
    memory = KINDS[kind](length)
    bytes = new Uint8Array(memory.buffer)
    const marker = crypto.getRandomValues(new Uint8Array(16))
    bytes.set(marker)
    bytes.set(marker, length - marker.length)
    return Array.from(marker, (byte) => byte.toString(16).padStart(2, '0')).join('')
  },

  read: (offset) => bytes[offset],
  write(offset, value) {
    bytes[offset] = value
  },

  transfer(how) {
    const { buffer } = bytes
    if (!(buffer instanceof ArrayBuffer)) throw new TypeError('shared memory has one place only')
    bytes = new Uint8Array(how === 'clone' ? structuredClone(buffer, { transfer: [buffer] }) : buffer.transfer())
    return buffer.detached
  },

  release() {
    const { buffer } = bytes
    memory?.detach()
    try {
      return { length: bytes.length, newView: new Uint8Array(buffer).length }
    } catch (error) {
      return { length: bytes.length, newView: String(error) }
    }
  },

  forget() {
    worker?.terminate()
    worker = undefined
    memory = undefined
    bytes = new Uint8Array(0)
  },

  async postToWorker() {
    const { buffer } = bytes
    return askWorker({ buffer }, buffer instanceof ArrayBuffer ? [buffer] : [])
  },
  workerRead: (offset) => askWorker({ offset }),
  workerWrite: (offset, value) => askWorker({ offset, value }),
}
Object.assign(globalThis, { page })
