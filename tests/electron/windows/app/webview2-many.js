// A page as one for WebView2 is written: keeps a buffer, shows it each time that it is told of news, and says when it has.
const { webview } = chrome
let kept
let pixels

window.onload = () => {
  webview.addEventListener('sharedbufferreceived', (event) => {
    if (event.additionalData?.contosoBufferKind !== 'contosoDisplayBuffer') return
    if (kept) webview.releaseBuffer(kept) // a larger one takes its place
    kept = event.getBuffer()
    pixels = new Uint8Array(kept)
  })
  webview.addEventListener('message', ({ data }) => {
    if (data === 'DisplayBufferUpdated') {
      DisplaySharedBufferData(pixels)
      webview.postMessage('DisplayBufferConsumed')
    } else if (data === 'ReleaseDisplayBuffer') {
      webview.releaseBuffer(kept)
      kept = pixels = undefined
    }
  })
}
