/** For files of others, which may be missing, damaged or forbidden. @returns `undefined` for what throws. */
export function tryTo<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
