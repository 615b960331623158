// Holds the buffer that the page gave it, reads and writes bytes of it.

let bytes = new Uint8Array(0)

/** @param {MessageEvent} event */
globalThis.onmessage = ({ data }) => {
  if (data.buffer !== undefined) bytes = new Uint8Array(data.buffer)
  else if (data.value !== undefined) bytes[data.offset] = data.value
  postMessage(data.offset === undefined ? bytes.length : bytes[data.offset])
}
