// A picture of a search: the measure of each trial by a setting, or over the epochs.
import { t, n } from "../../page.js"

const WIDTH = 320,
  HEIGHT = 210,
  LEFT = 46,
  RIGHT = 12,
  TOP = 10,
  BOTTOM = 26

// svg returns an element of a drawing.
export function svg(tag, attributes = {}, ...children) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") e.addEventListener(name.replace(/^on/, ""), value)
    else if (value !== null && value !== undefined) e.setAttribute(name, value)
  }
  e.append(...children.flat())
  return e
}

// plot draws trials by param, or over the epochs if that is null. options: trials, best, measure, percent (whether the
// measure is a share), over(number) and choose(trial), called when a trial is pointed at or clicked.
export function plot(param, options) {
  const { trials, best, percent } = options
  const values = param ? trials.map(x => x.value) : trials.flatMap(x => x.curve.map(p => p[1]))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = 0.06 * (high - low) // so that no sign lies on the border
  const y = axis(low - room, high + room, HEIGHT - BOTTOM, TOP)
  const x = param ? settingAxis(param) : axis(1, Math.max(...trials.map(x => x.epochs), 2), LEFT, WIDTH - RIGHT, true)
  const yText = v => (percent ? `${n(100 * v, 4).replace(/\.?0+$/, "")}%` : short(v))
  const xText = param ? x.text : short
  const height = HEIGHT + (x.rows > 1 ? 14 : 0)
  const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label(param, options) })
  for (const v of y.ticks)
    root.append(
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y.at(v), y2: y.at(v) }),
      svg("text", { class: "tick", x: LEFT - 6, y: y.at(v) + 4, "text-anchor": "end" }, yText(v)),
    )
  x.ticks.forEach((v, i) => {
    const row = (i % (x.rows ?? 1)) * 14
    root.append(
      svg("line", { class: "grid", x1: x.at(v), x2: x.at(v), y1: TOP, y2: HEIGHT - BOTTOM }),
      svg("text", { class: "tick", x: x.at(v), y: HEIGHT - 8 + row, "text-anchor": "middle" }, xText(v)),
    )
  })
  const parts = svg("g")
  root.append(parts)
  const ordered = [...trials].reverse().sort((a, b) => (a === best) - (b === best)) // the best above the others
  for (const trial of ordered) {
    const kind = trial === best ? "best" : trial.state
    const part = svg("g", {
      class: `trial is-${kind}`,
      "data-trial": trial.number,
      onpointerenter: () => options.over(trial.number),
      onclick: e => e.pointerType !== "touch" && options.choose(trial), // a finger points first
    })
    if (param) {
      const text = trial.values[param.name]
      if (text === undefined) continue // the setting has no value in this trial
      const at = x.of(text, trial.number)
      part.append(
        svg("circle", { class: "room", cx: at, cy: y.at(trial.value), r: 9 }),
        sign(kind, at, y.at(trial.value)),
      )
    } else {
      const line = trial.curve.map(p => `${x.at(p[0]).toFixed(1)},${y.at(p[1]).toFixed(1)}`).join(" ")
      const last = trial.curve.at(-1)
      part.append(
        svg("polyline", { class: "room", points: line }),
        svg("polyline", { class: "curve", points: line }),
        sign(kind, x.at(last[0]), y.at(last[1])),
      )
    }
    parts.append(part)
  }
  return root
}

// sign returns the mark of a kind of trial: shapes differ, not only colors.
function sign(kind, x, y) {
  const mark = (tag, attributes) => svg(tag, { class: `sign is-${kind}`, ...attributes })
  switch (kind) {
    case "pruned":
    case "failed":
      return mark("path", { d: `M${x - 3.5},${y - 3.5}l7,7m0,-7l-7,7` })
    case "running":
    case "interrupted":
      return mark("circle", { cx: x, cy: y, r: 4 })
    case "best":
      return mark("path", { d: `M${x},${y - 6.5}l6.5,6.5l-6.5,6.5l-6.5,-6.5z` })
  }
  return mark("circle", { cx: x, cy: y, r: 4 })
}
plot.sign = sign

function label(param, { trials, best, measure, percent }) {
  const top = best ?? trials[0]
  const value = percent ? `${n(100 * top.value, 4)}%` : n(top.value, 4)
  if (!param) return t("tuning.curves", { measure, count: trials.length, value })
  return t("tuning.picture", {
    measure,
    setting: param.name,
    count: trials.length,
    best: top.values[param.name] ?? "–",
  })
}

const short = v =>
  (v !== 0 && Math.abs(v) < 1e-3 ? n(v, 1).replace(/^1(\.0)?·/, "") : String(+v.toPrecision(3))).replace("-", "−")

// axis returns {at(value), ticks} that spread low to high over from to to. whole asks for whole ticks.
function axis(low, high, from, to, whole = false) {
  if (!(high > low)) {
    const room = Math.abs(low) * 0.05 || 0.5
    low -= room
    high += room
  }
  const at = v => from + ((v - low) / (high - low)) * (to - from)
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  let step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough)
  if (whole) step = Math.max(1, Math.round(step))
  const ticks = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) ticks.push(k * step)
  return { at, ticks }
}

// settingAxis returns {at, ticks, text, of(text, number)} of a setting's range.
function settingAxis(p) {
  const from = LEFT + 10,
    to = WIDTH - RIGHT - 10
  if (p.choices) {
    const width = (WIDTH - RIGHT - LEFT) / p.choices.length
    const at = i => LEFT + (i + 0.5) * width
    const longest = Math.max(...p.choices.map(c => c.length))
    const rows = longest * 7 > width ? 2 : 1 // in turn
    const most = Math.max(3, Math.floor((rows * width) / 7)) // characters that fit
    return {
      at,
      rows,
      ticks: p.choices.map((_, i) => i),
      text: i => (p.choices[i].length > most ? `${p.choices[i].slice(0, most - 1)}…` : p.choices[i]),
      // trials with one choice lie beside each other, at a place that a trial keeps
      of: (text, number) => at(p.choices.indexOf(text)) + (((number * 0.618) % 1) - 0.5) * Math.min(width * 0.6, 40),
    }
  }
  if (!p.log) {
    const a = axis(p.low, p.high, from, to, p.whole)
    return { ...a, text: short, of: text => a.at(+text) }
  }
  const at = v => from + (Math.log(v / p.low) / Math.log(p.high / p.low)) * (to - from)
  let ticks = []
  for (let e = Math.ceil(Math.log10(p.low) - 1e-9); e <= Math.log10(p.high) + 1e-9; e++) ticks.push(10 ** e)
  const every = Math.ceil(ticks.length / 5)
  ticks = ticks.filter((_, i) => i % every === 0)
  if (ticks.length < 2) ticks = [p.low, Math.sqrt(p.low * p.high), p.high].map(v => +v.toPrecision(3))
  return { at, ticks, text: short, of: text => at(+text) }
}
