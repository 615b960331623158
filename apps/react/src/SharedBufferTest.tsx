import { MessageType } from '@shared-channel/core/compat'
import { useChannelMessage, useSharedChannel } from '@shared-channel/react'
import { SAMPLE, Sample } from '@shared-channel/sample'
import { type FormEvent, useState } from 'react'
import type { Connect } from './App.tsx'
import { ChannelStatus } from './ChannelStatus.tsx'

const SMALLEST = 64
const LARGEST = 1_048_576

/** Sends texts, shows what comes back. Another buffer size is another channel; what has come stays. */
export function SharedBufferTest({ connect }: { connect: Connect }) {
  const [size, setSize] = useState(1024)
  const [text, setText] = useState('')
  const [received, setReceived] = useState<{ id: number; text: string }[]>([])
  const [refusal, setRefusal] = useState<unknown>(null)

  const { status, error, channel, send } = useSharedChannel({
    key: ['shared buffer test', size],
    connect: (signal) => connect(SAMPLE, { signal }),
    protocol: Sample,
    channelOptions: { maxMessageBytes: size },
  })
  useChannelMessage(channel, 'message', ({ payload }) => {
    const text = new TextDecoder().decode(payload)
    setReceived((before) => [...before, { id: before.length, text }])
  })

  const submit = (event: FormEvent) => {
    event.preventDefault()
    try {
      send('message', { type: MessageType.TEXT, payload: new TextEncoder().encode(text) })
      setText('')
      setRefusal(null)
    } catch (error) {
      setRefusal(error)
    }
  }

  return (
    <section aria-label="SharedBufferTest">
      <h2>SharedBufferTest</h2>
      <ChannelStatus status={status} error={error ?? refusal} />
      <BufferSize size={size} onChange={setSize} />
      <form className="row" onSubmit={submit}>
        <input
          type="text"
          value={text}
          onChange={({ target }) => setText(target.value)}
          placeholder="Enter message"
          aria-label="Message"
        />
        <button type="submit" disabled={status !== 'open'}>
          Send
        </button>
      </form>
      <h3>Received messages</h3>
      <ul>
        {received.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
    </section>
  )
}

/** Tells of the sizes that can be, while one types. */
function BufferSize({ size, onChange }: { size: number; onChange: (size: number) => void }) {
  const [typed, setTyped] = useState(String(size))
  return (
    <div className="row">
      <label>
        Buffer size
        <input
          type="number"
          min={SMALLEST}
          max={LARGEST}
          value={typed}
          aria-invalid={!isBufferSize(typed)}
          onChange={({ target }) => {
            setTyped(target.value)
            if (isBufferSize(target.value)) onChange(Number(target.value))
          }}
        />
        bytes
      </label>
    </div>
  )
}

function isBufferSize(typed: string): boolean {
  const size = Number(typed)
  return Number.isInteger(size) && size >= SMALLEST && size <= LARGEST
}
