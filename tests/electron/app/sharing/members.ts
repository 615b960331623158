// The processes that share memory, as the main process starts and calls them.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserWindow, MessageChannelMain, type MessagePortMain, utilityProcess } from 'electron'
import { order } from '../order.ts'
import { createWindow, loadPage, runPreload } from '../windows.ts'
import { acts, type PreloadActs, type ProcessActs } from './acts.ts'
import { type Caller, callerOver, localCaller } from './calls.ts'
import { takeCarrier } from './carriers.ts'
import { loadIsolatedPage } from './isolated-page.ts'
import { Page } from './page.ts'

/** A process with JavaScript. */
export interface Member extends Caller<ProcessActs> {
  readonly name: string
  readonly pid: number
  /** Takes a carrier by this name. Node's child has only the one it has with main, which has its name. */
  takePort?(name: string, port: MessagePortMain): void
}

/** A window: the process of its renderer as its preload sees it, and the page. */
export interface WindowMember extends Caller<PreloadActs>, Pick<Member, 'name' | 'pid' | 'takePort'> {
  readonly window: BrowserWindow
  readonly page: Page
}

export function mainMember(): Member {
  return { name: 'main', pid: process.pid, takePort: takeCarrier, ...localCaller(acts) }
}

/** @param isIsolated The page has COOP and COEP. */
export async function openWindow(name: string, isIsolated = false): Promise<WindowMember> {
  const window = createWindow()
  return attach(name, window, () => (isIsolated ? loadIsolatedPage(window) : loadPage(window)))
}

/** Once more, for the preload that `load` starts. */
export async function attach(name: string, window: BrowserWindow, load: () => void): Promise<WindowMember> {
  await runPreload(load)
  const contents = window.webContents
  const { port1, port2 } = new MessageChannelMain()
  contents.postMessage('calls', null, [port2])
  const caller = callerOver<PreloadActs>({
    post: (message) => port1.postMessage(message),
    listen: (handler) => {
      port1.on('message', ({ data }) => handler(data))
      port1.start()
    },
  })
  const takePort = (carrier: string, port: MessagePortMain) => contents.postMessage('carrier', carrier, [port])
  return { name, pid: contents.getOSProcessId(), window, page: new Page(contents), takePort, ...caller }
}

export async function startUtility(): Promise<Member> {
  const child = utilityProcess.fork(join(__dirname, 'utility.cjs'))
  await once(child, 'spawn')
  const caller = callerOver<ProcessActs>({
    post: (message) => child.postMessage(message),
    listen: (handler) => child.on('message', handler),
  })
  takeCarrier('utility', child)
  const takePort = (carrier: string, port: MessagePortMain) => child.postMessage({ carrier }, [port])
  return { name: 'utility', pid: child.pid ?? 0, takePort, ...caller }
}

/** The machine's Node, not Electron's. */
export async function startNode(): Promise<Member> {
  const child = fork(join(__dirname, 'node-child.cjs'), { execPath: order.paths.node })
  await once(child, 'spawn')
  const caller = callerOver<ProcessActs>({
    post: (message) => child.send(message),
    listen: (handler) => child.on('message', handler),
  })
  takeCarrier('node', child)
  return { name: 'node', pid: child.pid ?? 0, ...caller }
}

/** A native program, which does what native-member/main.cpp says. */
export async function startNative(): Promise<Member> {
  const child = spawn(order.paths.nativeMember, { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child, 'spawn')
  const lines = createInterface(child.stdout)
  const caller = callerOver<ProcessActs>({
    post: (message) => child.stdin.write(`${flat(message).join('\t')}\n`),
    listen: (handler) => lines.on('line', (line) => handler(JSON.parse(line))),
  })
  return { name: 'native', pid: child.pid ?? 0, ...caller }
}

/** All numbers, texts and truth values in it, in order. */
function flat(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(flat) : [value]
}

/** A pair of ports, by this name in both processes. */
export function givePorts(name: string, one: Member, other: Member): void {
  const { port1, port2 } = new MessageChannelMain()
  one.takePort?.(name, port1)
  other.takePort?.(name, port2)
}
