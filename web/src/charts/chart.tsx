// Draws one ECharts chart in a React element, with only the ECharts parts that this page uses.

import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { useIsPrinting } from '../api/printing.ts'
import { type Theme, useTheme } from '../frame/theme.ts'
import { echartsTheme } from './colors.ts'

use([BarChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer])

/** Width of a chart on A4 landscape, in CSS pixels (page.css, `@media print`). */
const PAPER_WIDTH_PX = 980

type ECharts = ReturnType<typeof init>

interface Props {
  option: EChartsCoreOption
  className: string
  /** Description of the chart for screen readers. */
  label: string
  /** Called with the index of the category that was clicked, on a bar or beside it. */
  onPick?: (index: number) => void
  /** Called with the data of the shape that was clicked. */
  onItem?: (data: unknown) => void
}

export function Chart(props: Props) {
  const theme = useTheme()
  // In another theme it is another chart.
  return <ThemedChart key={theme} theme={theme} {...props} />
}

function ThemedChart({ theme, option, className, label, onPick, onItem }: Props & { theme: Theme }) {
  const element = useRef<HTMLDivElement>(null)
  const chart = useRef<ECharts>(null)
  const pick = useRef(onPick)
  const waiting = useRef<EChartsCoreOption | null>(null)
  const width = useIsPrinting() ? PAPER_WIDTH_PX : undefined
  const widthNow = useRef(width)
  widthNow.current = width
  pick.current = onPick
  const item = useRef(onItem)
  item.current = onItem

  useEffect(() => {
    const box = element.current
    if (!box) return
    const made = init(box, echartsTheme(theme), { renderer: 'svg', width: widthNow.current })
    chart.current = made
    made.getZr().on('click', ({ offsetX, offsetY }) => {
      const point = [offsetX, offsetY]
      if (!pick.current || !made.containPixel('grid', point)) return
      const [index] = made.convertFromPixel('grid', point)
      if (index !== undefined) pick.current(index)
    })
    made.on('click', ({ data }) => {
      if (data) item.current?.(data)
    })
    // A map cannot be laid out in a box without a size, which a chart has while React hides it.
    const observer = new ResizeObserver(() => {
      if (box.clientWidth === 0 || box.clientHeight === 0) return
      made.resize()
      if (waiting.current) made.setOption(waiting.current, { notMerge: true })
      waiting.current = null
    })
    observer.observe(box)
    return () => {
      observer.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [theme])
  useEffect(() => {
    if ((element.current?.clientWidth ?? 0) > 0) chart.current?.setOption(option, { notMerge: true })
    else waiting.current = option
  }, [option])
  // The browser lays the page out for paper at once, so the chart is drawn at once.
  useLayoutEffect(() => {
    chart.current?.resize({ width: width ?? 'auto' })
    chart.current?.getZr().flush()
  }, [width])

  return <div ref={element} className={className} role="img" aria-label={label} />
}
