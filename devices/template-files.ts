// Finds device templates: those that are shipped in devices/templates/, by name, and files of the installer, by path.

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { type Template, templateSchema } from './template.ts'

export const TEMPLATE_FOLDER = join(import.meta.dirname, 'templates')
/** The schema lies beside the templates, for editors. */
export const TEMPLATE_SCHEMA_FILE = 'schema.json'

export const templateNames = (): string[] =>
  readdirSync(TEMPLATE_FOLDER)
    .filter((file) => file.endsWith('.json') && file !== TEMPLATE_SCHEMA_FILE)
    .map((file) => file.slice(0, -'.json'.length))
    .sort()

/**
 * A shipped template by its name, or a file by its path from `folder`. Throws an Error with the reason where there is
 * none.
 */
export function findTemplate(name: string, folder: string): Template {
  if (name.endsWith('.json')) return readTemplate(resolve(folder, name))
  if (!templateNames().includes(name))
    throw new Error(`no template is called "${name}"; there is ${templateNames().join(', ')}; or name a .json file`)
  return readTemplate(join(TEMPLATE_FOLDER, `${name}.json`))
}

export function readTemplate(file: string): Template {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parsed = templateSchema.safeParse(content)
  if (parsed.success) return parsed.data
  const reasons = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`)
  throw new Error(`${file} is no device template: ${reasons.slice(0, 5).join('; ')}`)
}
