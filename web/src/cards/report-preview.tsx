// Shows the page of a report that is signed, as it will be printed: A4, in a frame that runs no scripts.

import { Card, Spin } from 'antd'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useIsPrinting } from '../api/printing.ts'
import { useLanguage } from '../words/language.tsx'
import { ProblemNotice } from './marks.tsx'
import { useFileText } from './report-subject.ts'

/** A4 landscape at 96 dpi, in CSS pixels. */
const PAGE = { width: 1123, height: 794 }
/** Width of the frame on paper (page.css, `@media print`). */
const PAPER_WIDTH_PX = 800
/** Leaves the pages after the first out, and shows its margins. */
const FIRST_PAGE_ALONE = '<style>section{display:none}body{padding:8mm!important}html{background:#fff}</style>'

export function ReportPreview({ path, name }: { path: string; name: string }) {
  const { text } = useLanguage()
  const { content, problem } = useFileText(path, '')
  const page = useMemo(() => content?.replace('</head>', `${FIRST_PAGE_ALONE}</head>`), [content])
  const { box, scale } = useScale()
  return (
    <Card title={text.report.firstPage} data-testid="report-preview">
      <p className="note">{text.report.firstPageNote}</p>
      <ProblemNotice of={{ data: null, problem, reload: () => undefined }} />
      <div className="paper" ref={box}>
        {page === undefined ? (
          !problem && <Spin className="waiting" description={text.loading} />
        ) : (
          <iframe
            title={text.report.firstPageOf(name)}
            sandbox=""
            srcDoc={page}
            width={PAGE.width}
            height={PAGE.height}
            style={{ transform: `scale(${scale})` }}
          />
        )}
      </div>
    </Card>
  )
}

/** The scale at which a page fills the width of its box. */
function useScale() {
  const box = useRef<HTMLDivElement>(null)
  const [scale, setScale] = useState(1)
  const printing = useIsPrinting()
  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => setScale(element.clientWidth / PAGE.width))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { box, scale: printing ? PAPER_WIDTH_PX / PAGE.width : scale }
}
