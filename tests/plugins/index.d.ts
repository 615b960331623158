/** The built library of a test plugin, by the name of its source file. */
export function pluginPath(name: string): string

/** A built native program, by the name of its source file. */
export function programPath(name: string): string
