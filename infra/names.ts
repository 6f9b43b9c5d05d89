// How a name of the trigger table becomes part of a construct's id, or of an environment variable.

export const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** The variable that tells a function where a queue is (cloud/environment.ts). */
export const queueVariable = (name: string): string => `KILOWATCH_QUEUE_${name.toUpperCase()}_URL`
