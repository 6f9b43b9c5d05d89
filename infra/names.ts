// Turns a name of the trigger table into part of a construct's id or of an environment variable.

export const pascal = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase())

/** The variable that holds a queue's URL (cloud/environment.ts). */
export const queueVariable = (name: string): string => `KILOWATCH_QUEUE_${name.toUpperCase()}_URL`
