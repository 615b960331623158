// A page as one for WebView2 is written: shows one buffer and lets go of it.
const { webview } = chrome

window.onload = () => {
  webview.addEventListener('sharedbufferreceived', (event) => {
    if (event.additionalData?.contosoBufferKind !== 'contosoDisplayBuffer') return
    const buffer = event.getBuffer()
    DisplaySharedBufferData(new Uint8Array(buffer))
    webview.releaseBuffer(buffer)
  })
}
