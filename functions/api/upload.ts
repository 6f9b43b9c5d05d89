// The route that makes the upload package of a day for an upper centre
// (docs/rules/devices.md#upload-to-an-upper-centre). Nothing is stored and nothing is sent.

import * as z from 'zod'
import { localDate } from '../../domain/registry/records.ts'
import { uploadDay, uploadPackage, uploadProblems, uploadSettingsSchema } from '../../domain/report/upload-xml.ts'
import { uploadViewSchema } from '../../domain/view/upload.ts'
import { uploadBuildings } from '../reporting/upload.ts'
import { zippedParts } from '../reporting/zipped-workbook.ts'
import { ApiProblem, route } from './route.ts'

/** Lists longer than this are cut: who wrote no field at all mends one building first. */
const PROBLEMS_SHOWN = 100

export const uploadRoutes = route('POST /api/v1/upload-packages', {
  access: { action: 'operate', at: 'registry' },
  summary: 'The XML package of a day that an upper centre asks for (MOHURD 2009): buildings, and hours of their items',
  body: z.object({ date: localDate.meta({ description: 'A day that is over' }), settings: uploadSettingsSchema }),
  response: uploadViewSchema,
  async handle({ platform, registry }, { body: { date, settings } }) {
    const day = uploadDay(date, platform.now())
    if (day === undefined) throw refused(`${date} is not over`, 'date')
    let buildings: Awaited<ReturnType<typeof uploadBuildings>>
    try {
      buildings = await uploadBuildings({ platform, registry }, settings, day)
    } catch (error) {
      throw refused(error instanceof Error ? error.message : String(error), 'settings.buildings')
    }
    const problems = uploadProblems(settings, buildings)
    if (problems.length > 0) {
      const shown = problems.slice(0, PROBLEMS_SHOWN)
      throw new ApiProblem(422, 'Not made', shown.join('; '), { field: 'settings', missing: shown })
    }
    const { name, files, hours, hoursUnknown } = uploadPackage(settings, { day, atMs: platform.now(), buildings })
    const parts = files.map((file) => ({ name: `${name}/${file.name}`, text: [file.text] }))
    const zip = Buffer.concat([...zippedParts(parts)]).toString('base64')
    return { name, files: files.map((file) => file.name), buildings: buildings.length, hours, hoursUnknown, zip }
  },
})

const refused = (detail: string, field: string): ApiProblem => new ApiProblem(422, 'Not made', detail, { field })
