/** The first thing that this machine lacks, as text for people; undefined when there is none. */
export function findProblem(platform?: NodeJS.Platform, nodeVersion?: string): string | undefined
