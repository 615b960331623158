import { type RefObject, useInsertionEffect, useRef } from 'react'

/** The value of the render that is shown. It is written before any other effect of that render, so that no event meets the one before. */
export function useLatest<T>(value: T): Readonly<RefObject<T>> {
  const latest = useRef(value)
  useInsertionEffect(() => {
    latest.current = value
  })
  return latest
}
