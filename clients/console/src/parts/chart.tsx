import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Series {
  readonly label: string
  readonly values: readonly (number | null)[]
}

export interface ChartProps {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** For those who do not see it. */
  readonly label: string
}

const HEIGHT = 220
const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'] as const
/** More lines than anybody tells apart. */
export const SERIES_MAX = COLOURS.length

export function Chart({ times, series, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const names = series.map((one) => one.label).join('\n')

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const build = () => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsFor(element, series), dataOf(times, series), element)
    }
    build()
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }))
    resized.observe(element)
    // Its colours are drawn, so that the page's theme does not change them by itself.
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', build)
    return () => {
      resized.disconnect()
      dark.removeEventListener('change', build)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [names])
  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series])

  return <div class="chart" ref={place} role="img" aria-label={label} />
}

function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])]
}

function optionsFor(element: HTMLElement, series: readonly Series[]): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    cursor: { y: false },
    axes: [axis, { ...axis, size: 64 }],
    series: [
      { label: 'UTC' },
      ...series.map(({ label }, i) => ({
        label,
        stroke: colour(COLOURS[i % COLOURS.length] ?? COLOURS[0]),
        width: 2,
        points: { size: 5 },
        spanGaps: true,
      })),
    ],
  }
}
