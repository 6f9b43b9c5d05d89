// Reads a JSON file that a command was given.

import { readFile } from 'node:fs/promises'

/** Throws an Error naming the file when it is no JSON. */
export async function jsonOf(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file} is not JSON: ${String(error)}`)
  }
}
