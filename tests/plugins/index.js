import { fileURLToPath } from 'node:url'

const built = (name) => fileURLToPath(new URL(`build/Release/${name}`, import.meta.url))

/** The built library of a test plugin, by the name of its source file. */
export const pluginPath = (name) => built(`${name}.so`)

/** A built native program, by the name of its source file. */
export const programPath = (name) => built(name)
