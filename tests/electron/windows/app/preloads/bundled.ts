// A preload of the application that has ours in it, in one file.
import '@shared-channel/electron/preload'
import { contextBridge } from 'electron'

contextBridge.exposeInMainWorld('own', { kind: 'bundled' })
