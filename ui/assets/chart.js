// Curves in the page's look, drawn by uPlot.
import uPlot from "./vendor/uplot/uPlot.js"
import { color, series, onTheme } from "./palette.js"
import { n } from "./page.js"

const isDecade = v => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6

// decades keeps the powers of ten among the ticks of a logarithmic axis, every second or third if there are many.
function decades(_, ticks) {
  const count = ticks.filter(isDecade).length
  const every = Math.ceil(count / 5)
  return ticks.map(v => ((isDecade(v) && Math.round(Math.log10(v)) % every === 0) || count < 2 ? v : null))
}

// power writes a tick of a logarithmic axis.
function power(v) {
  if (!isDecade(v) || (v >= 0.01 && v <= 1000)) return String(Number(v.toPrecision(2)))
  return `10${[...String(Math.round(Math.log10(v)))].map(c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`
}

// plain writes a tick of a linear axis, with as many digits as it needs.
const plain = v =>
  (v !== 0 && Math.abs(v) < 1e-4) || Math.abs(v) >= 1e6 ? n(v, 2) : String(+v.toPrecision(4)).replace("-", "−")

// shown writes a value in the legend: nothing while no point is pointed at.
const shown = (_, v) => (v === null || v === undefined ? "" : n(v, 4))

const WHOLE = Array.from({ length: 10 }, (_, e) => [1, 2, 5].map(m => m * 10 ** e)).flat()

// mark returns the style of a curve's line in the legend.
const mark = dash => (!dash?.length ? "solid" : dash[0] > 3 ? "dashed" : "dotted")

// chart draws curves in root and returns {set(data), setCurves(curves), plot()}. data is [xs, ys, ys, …] with null for
// gaps. options: curves [{label, color (a number of --series, or a CSS color), dash, width, alpha, points}], height, x
// (label), span (a function that returns the least and the largest x; default: those of the data), log (y is
// logarithmic), logX, whole (x are whole numbers), legend (default true), page (whose signal ends it). The chart follows
// the width of root.
export function chart(root, options) {
  let { curves } = options
  let data = [[], ...curves.map(() => [])]
  let plot = null
  const axis = extra => ({
    stroke: () => color("--muted"),
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    grid: { stroke: () => color("--line"), width: 1 },
    ticks: { show: false },
    ...extra,
  })
  const tick = v => (v === null ? "" : options.log ? power(v) : plain(v))
  const spanned = (u, low, high) => {
    const xs = u.data[0]
    return low === xs[0] && high === xs.at(-1) ? options.span() : [low, high] // a part that the reader chose
  }
  const size = () => ({ width: Math.max(root.clientWidth, 120), height: options.height ?? 200 })
  const build = () => {
    plot?.destroy()
    plot = new uPlot(
      {
        ...size(),
        legend: {
          show: options.legend ?? true,
          live: true,
          markers: { dash: (_, i) => mark(curves[i - 1]?.dash) },
        },
        cursor: { points: { size: 6 }, y: false, drag: { x: true, y: false } },
        scales: {
          x: { time: false, distr: options.logX ? 3 : 1, ...(options.span && { range: spanned }) },
          y: { distr: options.log ? 3 : 1, range: options.range },
        },
        axes: [
          axis({
            label: options.x,
            labelSize: 16,
            size: options.x ? 32 : 24,
            gap: 4,
            ...(options.whole && { incrs: WHOLE }),
          }),
          axis({
            size: 56,
            gap: 4,
            values: (_, vs) => vs.map(tick),
            ...(options.log && { filter: decades, grid: { stroke: () => color("--line"), width: 1, filter: decades } }),
          }),
        ],
        series: [
          { label: options.x ?? "", value: shown },
          ...curves.map((c, i) => ({
            label: c.label,
            width: c.width ?? 1.75,
            dash: c.dash,
            alpha: c.alpha ?? 1,
            stroke: () => (typeof c.color === "string" ? c.color : series(c.color ?? i)),
            value: shown,
            points: c.points || { show: false },
            spanGaps: true,
          })),
        ],
      },
      data,
      root,
    )
  }
  build()
  const watch = new ResizeObserver(() => plot.setSize(size()))
  watch.observe(root)
  onTheme(() => plot.redraw(false, true), options.page.signal)
  options.page.signal.addEventListener("abort", () => {
    watch.disconnect()
    plot.destroy()
  })
  return {
    set(d) {
      data = d
      plot.setData(d)
    },
    // setCurves replaces curves, data and any of the options.
    setCurves(c, d, changed = {}) {
      curves = c
      data = d
      Object.assign(options, changed)
      build()
    },
    plot: () => plot,
  }
}
