// The utility processes and workers that the main process has started for the tests.
import { Worker } from 'node:worker_threads'
import { type UtilityProcess, utilityProcess } from 'electron'
import type { MemberAnswer, TalksCall } from './member-calls.ts'

export type MemberKind = 'utility' | 'worker'

export class Members {
  readonly #program: string
  readonly #members = new Map<string, UtilityProcess | Worker>()
  #lastId = 0

  constructor(program: string) {
    this.#program = program
  }

  /** @returns The name by which the others know it. */
  start(kind: MemberKind): string {
    const name = `${kind} ${++this.#lastId}`
    this.#members.set(name, kind === 'worker' ? new Worker(this.#program) : utilityProcess.fork(this.#program))
    return name
  }

  /** Without a word. Resolves when it has ended. */
  async end(name: string): Promise<void> {
    const member = this.#members.get(name)
    this.#members.delete(name)
    if (member instanceof Worker) await member.terminate()
    else await new Promise((resolve) => member?.once('exit', resolve).kill())
  }

  find(name: string): UtilityProcess | Worker | undefined {
    return this.#members.get(name)
  }

  call(name: string, calls: TalksCall, order: unknown): Promise<unknown> {
    const member = this.#members.get(name) as UtilityProcess
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const answered = (message: MemberAnswer) => {
        if (message.answers !== id) return
        member.off('message', answered)
        if ('error' in message) reject(new Error(message.error))
        else resolve(message.value)
      }
      member.on('message', answered)
      member.postMessage({ calls, id, order })
    })
  }
}
