// For the pages of the measurements: a clock, and what Electron has to talk to other processes.
import { contextBridge, ipcRenderer } from 'electron'
import type { Machine } from './order.ts'

const machine: Machine = {
  now: () => {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1e3 + nanoseconds / 1e6
  },
  cpuSeconds: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  invokeEcho: (payload) => ipcRenderer.invoke('echo', payload),
}
contextBridge.exposeInMainWorld('machine', machine)
ipcRenderer.on('port', ({ ports }) => window.postMessage('port', '*', [...ports]))
