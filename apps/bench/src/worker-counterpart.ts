import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  type Counterpart,
  checkFilled,
  checkOrder,
  checkReport,
  type Description,
  fillByte,
  secondsSince,
} from './counterpart.ts'
import type { WorkerOrder, WorkerReport, WorkerRequest } from './worker-protocol.ts'

/** Built beside the program; src/ and dist/ lie side by side, so the path is the same from both. */
const WORKER = new URL('../dist/worker.js', import.meta.url)

/** A worker thread behind postMessage. */
export class WorkerCounterpart implements Counterpart {
  readonly #worker: Worker
  readonly #failed: Promise<never>
  #onMessage: (message: unknown) => void = () => {}
  #echoFailed: (reason: unknown) => void = () => {}
  #echoing = false
  #calls = 0
  readonly #open = new Map<number, (payload: Uint8Array) => void>()

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#failed = new Promise((_, reject) => worker.once('error', reject))
    this.#failed.catch((reason) => this.#echoFailed(reason))
    worker.on('message', (message) => this.#onMessage(message))
  }

  static async open(): Promise<WorkerCounterpart> {
    const worker = new Worker(WORKER)
    await once(worker, 'online')
    return new WorkerCounterpart(worker)
  }

  async send(payload: Uint8Array, messages: number): Promise<number> {
    this.#setEchoing(false)
    const start = performance.now()
    for (let i = 0; i < messages; i++) this.#worker.postMessage(payload)
    const report = await this.#report()
    const seconds = secondsSince(start)
    checkReport(payload, messages, report.count, report.sum)
    return seconds
  }

  async fill(size: number, messages: number): Promise<number> {
    this.#setEchoing(false)
    const payload = new Uint8Array(size)
    const start = performance.now()
    for (let i = 0; i < messages; i++) this.#worker.postMessage(payload.fill(fillByte(i)))
    const report = await this.#report()
    const seconds = secondsSince(start)
    checkFilled(size, messages, report.count, report.sum)
    return seconds
  }

  receiveJson(text: string, messages: number, take: (value: Description) => void): Promise<number> {
    const received = new Promise<number>((resolve) => {
      let index = 0
      this.#onMessage = (json) => {
        take(JSON.parse(json as string))
        if (++index === messages) resolve(secondsSince(start))
      }
      const start = performance.now()
      this.#order({ order: 'describe', messages, text })
    })
    return Promise.race([received, this.#failed])
  }

  receive(size: number, messages: number, take: (message: Uint8Array) => void): Promise<number> {
    const received = new Promise<number>((resolve, reject) => {
      let index = 0
      this.#onMessage = (message) => {
        take(message as Uint8Array)
        try {
          checkOrder(message as Uint8Array, size, index)
        } catch (error) {
          reject(error)
        }
        if (++index === messages) resolve(secondsSince(start))
      }
      const start = performance.now()
      this.#order({ order: 'produce', messages, size })
    })
    return Promise.race([received, this.#failed])
  }

  echo(payload: Uint8Array): Promise<void> {
    this.#setEchoing(true)
    return new Promise((resolve, reject) => {
      this.#onMessage = () => resolve()
      this.#echoFailed = reject
      this.#worker.postMessage(payload)
    })
  }

  /** As one writes it by hand: a number for each request, and a map of those that are open. */
  request(payload: Uint8Array): Promise<Uint8Array> {
    this.#onMessage = (message) => {
      const { call, payload } = message as WorkerRequest
      this.#open.get(call)?.(payload)
      this.#open.delete(call)
    }
    return new Promise((resolve) => {
      this.#open.set(++this.#calls, resolve)
      this.#worker.postMessage({ call: this.#calls, payload } satisfies WorkerRequest)
    })
  }

  close(): Promise<unknown> {
    return this.#worker.terminate()
  }

  #report(): Promise<WorkerReport> {
    const answer = new Promise<WorkerReport>((resolve) => {
      this.#onMessage = (message) => resolve(message as WorkerReport)
    })
    this.#order({ order: 'report' })
    return Promise.race([answer, this.#failed])
  }

  #setEchoing(echoing: boolean): void {
    if (echoing === this.#echoing) return
    this.#echoing = echoing
    this.#order({ order: echoing ? 'echo' : 'count' })
  }

  #order(order: WorkerOrder): void {
    this.#worker.postMessage(order)
  }
}
