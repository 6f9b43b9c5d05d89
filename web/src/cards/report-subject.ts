// Reads the files of a report's revisions, and names whom a report is of.

import { useEffect, useState } from 'react'
import type { ReportView } from '../../../domain/report/view.ts'
import { getFile, type LoadProblem, problemOf } from '../api/resource.ts'
import { useAreaAbove } from '../frame/area-path.tsx'
import { useLanguage } from '../words/language.tsx'

/** An area or institution that reports, and the area above it. */
export interface ReportSubject {
  id: string
  type: 'area' | 'institution'
  name: string
  parent: string | null
}

/** The name of the subject's own office or of the one above it; of another, its id. */
export function useOfficeName(subject: ReportSubject): (id: string) => string {
  const { nameOf } = useLanguage()
  const above = useAreaAbove(subject.id, subject.parent)
  return (id) => (id === subject.id ? subject.name : above && id === above.code ? nameOf(above) : id)
}

export type ReportRevisionView = ReportView['revisions'][number]

/** `path`: of the report, below `/api/v1/`. */
export const filePath = (path: string, { number }: Pick<ReportRevisionView, 'number'>, name: string): string =>
  `${path}/revisions/${number}/files/${encodeURIComponent(name)}`

interface FileText {
  content: string | null
  problem: LoadProblem | null
}

/** The text of a file; `digest` names its version, since a draft that is built again keeps its path. */
export function useFileText(path: string | null, digest: string): FileText {
  const [text, setText] = useState<FileText & { of: string }>({ of: '', content: null, problem: null })
  const of = `${path} ${digest}`
  useEffect(() => {
    if (path === null) return
    const abort = new AbortController()
    const load = async () => {
      try {
        const content = await (await getFile(path, abort.signal)).text()
        setText({ of, content, problem: null })
      } catch (error) {
        if (!abort.signal.aborted) setText({ of, content: null, problem: problemOf(error) })
      }
    }
    load()
    return () => abort.abort()
  }, [path, of])
  return text.of === of ? text : { content: null, problem: null }
}
