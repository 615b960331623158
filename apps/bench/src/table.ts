import Table from 'cli-table3'
import { type Row, UNITS, type Unit } from './row.ts'

const PEERS = [
  'worker_threads',
  'memcpy',
  'child_process',
  'unix-socket',
  'zeromq',
  'plain',
  'MessagePort',
  'ipcRenderer.invoke',
  'postMessage',
  'transfer',
  'clone',
  'empty-page',
]

/** The rows for people. */
export function renderTable(rows: readonly Row[]): string {
  const peers = PEERS.filter((peer) => rows.some((row) => peer in row.peers))
  const table = new Table({
    head: ['', 'Shared Channel', ...peers.flatMap((peer) => [peer, 'better by'])],
    colAligns: ['left', 'right', ...peers.flatMap(() => ['right', 'right'] as const)],
    style: { head: [], border: [] },
  })
  for (const row of rows) {
    table.push([row.name, formatValue(row.ours, row.unit), ...peers.flatMap((peer) => peerCells(row, peer))])
  }
  return table.toString()
}

function peerCells({ peers, ratio, unit }: Row, peer: string): [string, string] {
  const value = peers[peer]
  const times = ratio[peer]
  if (value === undefined || times === undefined) return ['', '']
  return [formatValue(value, unit), `${times.toFixed(times < 10 ? 2 : 1)} x`]
}

/** A number with its unit, to the digits that mean something. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === 'msg/s') return `${(value / 1e6).toFixed(2)} M msg/s`
  if (Number.isInteger(value) && UNITS[unit] === 'less') return `${value} ${unit}`
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ${unit}`
}
