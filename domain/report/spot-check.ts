// Draws the institutions of the yearly spot check (数据质量抽查): at least 5 % of them, by a seed, so that a record can be
// drawn again and gives the same (docs/rules/report.md#spot-check). The order of the candidates does not matter.

import * as z from 'zod'
import type { ReportTable } from './document.ts'

/** 国管节能〔2015〕304号: at least 5 % of the institutions each year. */
export const SPOT_CHECK_SHARE_MIN = 0.05

/** What is recorded of a draw. */
export const spotCheckSchema = z.object({
  year: z.number().int(),
  /** The authority that draws. */
  area: z.string(),
  seed: z.string().min(1).max(200),
  share: z.number().min(SPOT_CHECK_SHARE_MIN).max(1),
  /** Number of the candidates, and a check sum of their ids. */
  candidates: z.number().int(),
  candidatesHash: z.string(),
  drawn: z.array(z.string()),
  by: z.string(),
  atMs: z.number().int(),
})
export type SpotCheck = z.infer<typeof spotCheckSchema>

export interface Draw {
  /** In the order of the draw. */
  drawn: string[]
  candidates: number
  candidatesHash: string
}

/**
 * The draw of a seed: the candidates with the smallest hashes of seed and id. Duplicates count once. Throws RangeError
 * for a share below 5 % or above 1.
 */
export function drawSpotCheck(seed: string, ids: readonly string[], share = SPOT_CHECK_SHARE_MIN): Draw {
  if (!(share >= SPOT_CHECK_SHARE_MIN && share <= 1))
    throw new RangeError(`a spot check draws ${SPOT_CHECK_SHARE_MIN} to 1 of the institutions, not ${share}`)
  const candidates = [...new Set(ids)].sort()
  const count = Math.ceil(share * candidates.length - COUNT_SLACK)
  const ranked = candidates.map((id) => ({ id, rank: hashOf(`${seed}\n${id}`) }))
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.id < b.id ? -1 : 1))
  return {
    drawn: ranked.slice(0, count).map(({ id }) => id),
    candidates: candidates.length,
    candidatesHash: hashOf(candidates.join('\n')).toString(16).padStart(16, '0'),
  }
}

/** 0.05 × 20 is 1, whatever floating point says. */
const COUNT_SLACK = 1e-9

/** True when the candidates of a record give its draw again. */
export function isSameDraw(record: SpotCheck, ids: readonly string[]): boolean {
  const { drawn, candidatesHash } = drawSpotCheck(record.seed, ids, record.share)
  return candidatesHash === record.candidatesHash && drawn.join('\n') === record.drawn.join('\n')
}

const BITS_64 = (1n << 64n) - 1n
const encoder = new TextEncoder()

/** FNV-1a of 64 bits over UTF-8, with the finaliser of MurmurHash3, so that similar ids do not have similar ranks. */
function hashOf(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of encoder.encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & BITS_64
  for (const factor of [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n]) hash = ((hash ^ (hash >> 33n)) * factor) & BITS_64
  return hash ^ (hash >> 33n)
}

export const spotCheckTable = (
  { year, seed, candidates, drawn }: SpotCheck,
  nameOf: (id: string) => string,
): ReportTable => ({
  id: 'spot-check',
  title: { zh: `${year} 年数据质量抽查名单`, en: `Spot check of ${year}` },
  note: {
    zh: `从 ${candidates} 家机构中抽取 ${drawn.length} 家，随机种子“${seed}”，可复算。`,
    en: `${drawn.length} of ${candidates} institutions, drawn by the seed "${seed}"; the draw can be repeated.`,
  },
  columns: [
    { id: 'rank', title: { zh: '序号', en: 'No.' }, unit: '', format: 'integer' },
    { id: 'institution', title: { zh: '机构编码', en: 'Institution' }, unit: '', format: 'text' },
    { id: 'name', title: { zh: '机构名称', en: 'Name' }, unit: '', format: 'text' },
  ],
  rows: drawn.map((id, index) => ({ id, cells: [index + 1, id, nameOf(id)] })),
})
