// Holds the filling of a user's own template to docs/rules/report.md#templates: what is written, what stays, what is
// refused. Templates are made by the library, and by hand where a file has to be odd or hostile.

import { deflateRawSync } from 'node:zlib'
import { Workbook } from '@cj-tech-master/excelts'
import { editZip, unzip, ZipArchive } from '@cj-tech-master/excelts/archive'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillXlsxTemplate, parseMapping } from '../../../functions/reporting/template.ts'
import { TEMPLATE_LIMITS, TemplateProblem } from '../../../functions/reporting/template-archive.ts'
import type { CellValue } from '../../../functions/reporting/template-sheet.ts'

/** A form as an authority hands it out: title merged over the columns, styles, formulas, print settings. */
async function form(
  names: Record<string, string> = { NY201_110: '能耗!$C$3', NY201_120: '能耗!$C$4', NY101_name: '能耗!$A$2' },
) {
  const book = new Workbook()
  const sheet = book.addWorksheet('能耗', { pageSetup: { orientation: 'landscape', fitToPage: true } })
  sheet.mergeCells('A1:D1')
  sheet.getCell('A1').value = '能源资源消费状况'
  sheet.getCell('A1').font = { name: '宋体', size: 18, bold: true }
  sheet.mergeCells('A2:D2')
  sheet.getCell('A2').fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFDDEEFF' } }
  sheet.getCell('B3').value = '110'
  sheet.getCell('C3').numFmt = '#,##0.00'
  sheet.getCell('C3').border = { top: { style: 'thin' } }
  sheet.getCell('C4').value = 99
  sheet.getCell('C4').numFmt = '0.0'
  sheet.getCell('C5').value = { formula: 'SUM(C3:C4)', result: 99 }
  sheet.getCell('D3').dataValidation = { type: 'decimal', operator: 'greaterThan', formulae: [0], allowBlank: true }
  sheet.getColumn(3).width = 33
  sheet.autoFilter = 'A3:D3'
  book.addWorksheet('说明').getCell('A1').value = { formula: '能耗!C5*2', result: 198 }
  for (const [name, cell] of Object.entries(names)) book.definedNames.add(cell, name)
  return new Uint8Array(await book.xlsx.writeBuffer())
}
const loaded = async (bytes: Uint8Array) => {
  const book = new Workbook()
  await book.xlsx.load(bytes)
  return book
}
const cellOf = async (bytes: Uint8Array, cell: string, sheet = '能耗') =>
  (await loaded(bytes)).getWorksheet(sheet)?.getCell(cell)
const textOf = async (bytes: Uint8Array, path: string) =>
  new TextDecoder().decode((await unzip(bytes).bytes(path)) ?? new Uint8Array())
const values = (of: Record<string, CellValue>) => new Map(Object.entries(of))
const problemOf = async (run: () => unknown): Promise<TemplateProblem> => {
  try {
    await run()
  } catch (problem) {
    if (problem instanceof TemplateProblem) return problem
    throw problem
  }
  throw new Error('nothing was refused')
}

describe('a filled template', () => {
  const filled = async () =>
    (await fillXlsxTemplate(await form(), null, values({ NY201_110: 1234.5, NY201_120: null, NY101_name: '某局' })))
      .bytes

  it('has the values in its named cells; a blank clears what stood there', async () => {
    const bytes = await filled()
    expect((await cellOf(bytes, 'C3'))?.value).toBe(1234.5)
    expect((await cellOf(bytes, 'C4'))?.value ?? null).toBeNull()
    expect((await cellOf(bytes, 'A2'))?.value).toBe('某局')
    expect((await cellOf(bytes, 'B3'))?.value).toBe('110')
  })

  it('keeps merged cells, formulas, styles, widths, validations, filters and print settings', async () => {
    const before = (await loaded(await form())).getWorksheet('能耗')
    const after = (await loaded(await filled())).getWorksheet('能耗')
    for (const cell of ['A1', 'A2', 'C3', 'C4', 'C5', 'D3'])
      expect(after?.getCell(cell).style, cell).toEqual(before?.getCell(cell).style)
    expect(after?.getCell('A1').font).toMatchObject({ name: '宋体', size: 18, bold: true })
    expect(after?.getCell('C3').numFmt).toBe('#,##0.00')
    expect(after?.getCell('C5').formula).toBe('SUM(C3:C4)')
    expect(after?.getCell('B2').master.address).toBe('A2')
    expect(after?.getCell('D3').dataValidation).toEqual(before?.getCell('D3').dataValidation)
    expect(after?.getColumn(3).width).toBe(33)
    expect(after?.autoFilter).toEqual(before?.autoFilter)
    expect(after?.pageSetup).toEqual(before?.pageSetup)
  })

  it('is computed anew when it is opened: last results are gone', async () => {
    const bytes = await filled()
    expect(await textOf(bytes, 'xl/workbook.xml')).toMatch(/<calcPr[^>]* fullCalcOnLoad="1"/)
    expect(await textOf(bytes, 'xl/worksheets/sheet1.xml')).not.toContain('<v>99</v>')
    expect(await textOf(bytes, 'xl/worksheets/sheet2.xml')).not.toContain('<v>198</v>')
    expect((await cellOf(bytes, 'A1', '说明'))?.formula).toBe('能耗!C5*2')
  })

  it('keeps every other part byte for byte', async () => {
    const [before, after] = [await form(), await filled()]
    const paths = (await editZip(before)).getEntries().map(({ path }) => path)
    expect(
      (await editZip(after))
        .getEntries()
        .map(({ path }) => path)
        .sort(),
    ).toEqual([...paths].sort())
    for (const path of paths.filter((one) => !/^xl\/(?:workbook|worksheets\/sheet\d)\.xml$/.test(one)))
      expect(await textOf(after, path), path).toBe(await textOf(before, path))
  })

  it('names what it asks for and nobody knows, and leaves those cells', async () => {
    const { bytes, unknown } = await fillXlsxTemplate(
      await form({ NY201_110: '能耗!$C$3', NY201_999: '能耗!$C$4', Print_Name: '能耗!$D$4' }),
      null,
      values({ ny201_110: 5 }),
    )
    expect(unknown).toEqual(['NY201_999'])
    expect((await cellOf(bytes, 'C3'))?.value).toBe(5)
    expect((await cellOf(bytes, 'C4'))?.value).toBe(99)
  })

  it('takes a mapping, into cells and rows that are not there yet', async () => {
    const mapping = parseMapping(
      '\uFEFF编码,单元格\r\nNY201_110,能耗!AB9\r\nNY201_120,"说明!C1"\r\nNY201_130,能耗!A9\n',
    )
    const { bytes } = await fillXlsxTemplate(
      await form({}),
      mapping,
      values({ NY201_110: 1, NY201_120: 2, NY201_130: 3 }),
    )
    expect((await cellOf(bytes, 'AB9'))?.value).toBe(1)
    expect((await cellOf(bytes, 'A9'))?.value).toBe(3)
    expect((await cellOf(bytes, 'C1', '说明'))?.value).toBe(2)
  })

  it('writes the cell that stands for a merged range', async () => {
    const mapping = new Map([['NY101_name', '能耗!C2']])
    const { bytes } = await fillXlsxTemplate(await form(), mapping, values({ NY101_name: 'x' }))
    expect((await cellOf(bytes, 'A2'))?.value).toBe('x')
  })

  it.each([
    '=1+1',
    '+86 0311',
    '-5',
    '@SUM(A1)',
    '\t=cmd',
    'a,"b"',
    'line\nbreak',
    '</t></is></c><c r="C3"><f>1</f>',
    '_x0041_',
    '某'.repeat(200),
    '𠮷𡈽𪚥'.repeat(70),
    ' spaces ',
  ])('keeps %j as text', async (name) => {
    const { bytes } = await fillXlsxTemplate(await form(), null, values({ NY101_name: name }))
    const cell = await cellOf(bytes, 'A2')
    expect(cell?.formula).toBeUndefined()
    expect(cell?.value).toBe(name)
  })

  it('is the same for the same input', async () => {
    const template = await form()
    const once = () => fillXlsxTemplate(template, null, values({ NY201_110: 1 }))
    expect((await once()).bytes).toEqual((await once()).bytes)
  })

  it('reads sheets with prefixes and without cell addresses', async () => {
    const archive = await editZip(await form())
    archive.set(
      'xl/worksheets/sheet1.xml',
      '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>' +
        '<x:row/><x:row/><x:row><x:c/><x:c t="n"><x:v>7</x:v></x:c><x:c><x:v>8</x:v></x:c></x:row></x:sheetData></x:worksheet>',
    )
    const { bytes } = await fillXlsxTemplate(await archive.bytes(), null, values({ NY201_110: 5 }))
    const text = await textOf(bytes, 'xl/worksheets/sheet1.xml')
    expect(text).toContain('<x:c t="n" r="B3"><x:v>7</x:v></x:c><x:c r="C3"><x:v>5</x:v></x:c>')
  })
})

describe('a template is refused', () => {
  const fill = (bytes: Uint8Array, mapping: Map<string, string> | null = null) =>
    problemOf(() => fillXlsxTemplate(bytes, mapping, values({ NY201_110: 1 })))

  it.each([
    { name: 'no zip', bytes: new TextEncoder().encode('NY201_110,1'), message: /no XLSX/ },
    { name: 'empty', bytes: new Uint8Array(), message: /no XLSX/ },
    {
      name: 'XLS',
      bytes: Uint8Array.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
      message: /XLS file or has a password/,
    },
  ])('$name', async ({ bytes, message }) => {
    expect(await fill(bytes)).toMatchObject({ code: 'notXlsx', message: expect.stringMatching(message) })
  })

  it('when it is cut off, or has a byte changed in a sheet', async () => {
    const whole = await form()
    expect((await fill(whole.slice(0, whole.length / 2))).code).toBe('notXlsx')
    const archive = await editZip(whole)
    archive.set('xl/worksheets/sheet1.xml', '<worksheet><sheetData><row></worksheet>')
    expect(await fill(await archive.bytes())).toMatchObject({
      code: 'notXlsx',
      message: expect.stringContaining('xl/worksheets/sheet1.xml'),
    })
  })

  it('when it is a zip of something else', async () => {
    const zip = new ZipArchive().add('a.txt', new TextEncoder().encode('a'))
    expect(await fill(await zip.bytes())).toMatchObject({
      code: 'notXlsx',
      message: expect.stringContaining('_rels/.rels'),
    })
  })

  it('without named cells', async () => {
    expect(await fill(await form({ Other: '能耗!$C$3' }))).toMatchObject({
      code: 'noNames',
      message: expect.stringContaining('NY201_110'),
    })
  })

  it('when a name points to no sheet, no cell, or a formula', async () => {
    const template = await form({})
    const by = (cell: string) => fill(template, new Map([['NY201_110', cell]]))
    expect(await by('没有!C3')).toMatchObject({ code: 'noSheet', message: expect.stringContaining('"没有"') })
    expect(await by('能耗!XFE1')).toMatchObject({ code: 'noCell' })
    expect(await by('能耗!C0')).toMatchObject({ code: 'noCell' })
    expect(await by('#REF!')).toMatchObject({ code: 'noCell' })
    expect(await by('能耗!C5')).toMatchObject({ code: 'formula', message: expect.stringContaining('C5') })
  })

  it('when it is larger than any form', async () => {
    const bytes = new Uint8Array(TEMPLATE_LIMITS.bytes + 1)
    expect((await fill(bytes)).code).toBe('tooLarge')
  })

  it('when it is a zip bomb that says so', async () => {
    const archive = await editZip(await form())
    archive.set('xl/media/image1.png', new Uint8Array(TEMPLATE_LIMITS.unpackedBytes))
    const bytes = await archive.bytes()
    expect(bytes.length).toBeLessThan(TEMPLATE_LIMITS.bytes)
    expect((await fill(bytes)).code).toBe('tooLarge')
  })

  it('when it is a zip bomb that states a small size, without unpacking it all', async () => {
    const bytes = bombOf('_rels/.rels', 256 * 2 ** 20, 100)
    const beforeBytes = process.memoryUsage().rss
    const problem = await fill(bytes)
    expect(problem).toMatchObject({ code: 'notXlsx', message: expect.stringContaining('_rels/.rels') })
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(128 * 2 ** 20)
  })

  it('or filled, whatever bytes of it are changed; nothing else happens', async () => {
    const whole = await form()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat({ max: whole.length }),
        async (changes, cutAt) => {
          const bytes = whole.slice(0, cutAt % 7 === 0 ? cutAt : whole.length)
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
          try {
            await fillXlsxTemplate(bytes, null, values({ NY201_110: 1 }))
          } catch (problem) {
            expect(problem).toBeInstanceOf(TemplateProblem)
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 30_000)

  it('when its XML expands entities', async () => {
    const archive = await editZip(await form())
    archive.set('xl/workbook.xml', '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">]><workbook>&a;&a;</workbook>')
    expect(await fill(await archive.bytes())).toMatchObject({ code: 'notXlsx' })
  })
})

/** A zip of one deflated entry of zeros whose directory states another size. */
function bombOf(path: string, sizeBytes: number, statedBytes: number): Uint8Array {
  const data = deflateRawSync(Buffer.alloc(sizeBytes), { level: 1 })
  const name = Buffer.from(path)
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(8, 4)
  fields.writeUInt32LE(data.length, 14)
  fields.writeUInt32LE(statedBytes, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), fields, name, data])
  const central = Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), fields, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return new Uint8Array(Buffer.concat([local, central, end]))
}

describe('a mapping', () => {
  it('is JSON or CSV', () => {
    const expected = new Map([['NY201_110', "'表 1'!$C$5"]])
    expect(parseMapping('{"NY201_110": "\'表 1\'!$C$5"}')).toEqual(expected)
    expect(parseMapping("NY201_110,'表 1'!$C$5\n")).toEqual(expected)
  })

  it.each([
    { text: '', message: /no rows/ },
    { text: '{}', message: /no rows/ },
    { text: '{"NY201_110":', message: /no JSON/ },
    { text: '{"NY201_110": 5}', message: /row 1/ },
    { text: 'code,cell\nNY201_110', message: /row 1/ },
    { text: 'NY201_110,"能耗', message: /no CSV/ },
    { text: 'NY201_110,能耗!C1\nNY201_110,能耗!C2', message: /twice/ },
    { text: 'NY201_110,C1', message: /NY201_110 points to "C1"/ },
  ])('$text is refused', async ({ text, message }) => {
    expect(await problemOf(() => parseMapping(text))).toMatchObject({ message: expect.stringMatching(message) })
  })
})
