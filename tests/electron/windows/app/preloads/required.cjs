// A preload of the application as it is written, which requires ours.
require('@shared-channel/electron/preload')
const { contextBridge } = require('electron')

contextBridge.exposeInMainWorld('own', { kind: 'required' })
