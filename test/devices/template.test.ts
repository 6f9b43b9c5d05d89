// Device templates: every shipped file parses and names its main field, and the schemas for editors are those of the
// code. After a change: UPDATE=1 npx vitest run test/devices/template.test.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { hasField } from '../../devices/lines/reader.ts'
import { templateSchema } from '../../devices/template.ts'
import {
  findTemplate,
  readTemplate,
  TEMPLATE_FOLDER,
  TEMPLATE_SCHEMA_FILE,
  templateNames,
} from '../../devices/template-files.ts'
import { gatewayFileSchema } from '../../local/command/gateway-config.ts'

test.each(templateNames())('%s is a template with its main field, and says where it is from', (name) => {
  const template = findTemplate(name, '.')
  expect(hasField(template, template.main)).toBe(true)
  expect(template.source).toMatch(template.example ? /^none: / : /.{20}/)
})

const PUBLISHED = [
  [join(TEMPLATE_FOLDER, TEMPLATE_SCHEMA_FILE), templateSchema],
  ['docs/gateway.schema.json', gatewayFileSchema],
] as const

test.each(PUBLISHED)('%s is the schema of the code', (file, schema) => {
  const made = z.toJSONSchema(schema, { io: 'input' })
  if (process.env.UPDATE) writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made)
})

test('a template that is not there, and one that is none, are told', () => {
  expect(() => findTemplate('no-such', '.')).toThrow(/no template is called "no-such"; there is .*dlt645-2007/)
  expect(() => findTemplate('no-such.json', '/nowhere')).toThrow(/no-such\.json cannot be read/)
  expect(() => readTemplate('package.json')).toThrow(/is no device template: /)
})
