import { fileURLToPath } from 'node:url'

/** The built library of a test plugin, by the name of its source file. */
export const pluginPath = (name) => fileURLToPath(new URL(`build/Release/${name}.so`, import.meta.url))
