// The view Descent: optimizers walk a loss surface side by side. The server computes heights and paths; this module
// draws them.
import { h, t, n } from "../page.js"
import { color, series, onTheme } from "../palette.js"
import { chart } from "../chart.js"

const names = ["bowl", "ravine", "saddle", "rosenbrock", "network"]
const optimizers = [
  { name: "sgd", formula: ["ω ← ω − η·g"] },
  { name: "momentum", formula: ["v ← 0.9·v + g", "ω ← ω − η·v"] },
  { name: "rmsprop", formula: ["s ← 0.99·s + 0.01·g²", "ω ← ω − η·g / √s"] },
  { name: "adam", formula: ["m ← 0.9·m + 0.1·g", "s ← 0.999·s + 0.001·g²", "ω ← ω − η·m̂ / √ŝ"] },
]
const levels = 16 // of contour lines

export async function open(root, page) {
  const view = new Descent(root, page)
  await view.begin()
  return view
}

class Descent {
  constructor(root, page) {
    Object.assign(this, { root, page })
    this.surfaces = {} // by name
    this.paths = {}
    this.step = 0
    this.playing = false
  }

  async begin() {
    this.build()
    await this.read(this.page.params)
    this.page.keys({
      " ": [() => this.play(!this.playing), "descent.playKey"],
      r: [() => this.restart(), "descent.again"],
      d: [() => this.defaults(), "descent.defaults"],
    })
  }

  // The state in the address.

  async read(params) {
    const name = names.includes(params.get("surface")) ? params.get("surface") : "ravine"
    if (!(await this.choose(name))) return
    const start = (params.get("start") ?? "").split(",").map(Number)
    const { x, y } = this.surface
    if (
      start.length === 2 &&
      start[0] >= x[0] &&
      start[0] <= x[1] &&
      start[1] >= y[0] &&
      start[1] <= y[1] &&
      params.has("start")
    )
      this.start = start
    for (const o of optimizers) {
      const rate = Number(params.get(o.name))
      if (rate > 0 && rate <= 10) this.rates[o.name] = rate
    }
    const off = (params.get("off") ?? "").split(",")
    this.off = new Set(optimizers.map(o => o.name).filter(o => off.includes(o)))
    this.controls()
    await this.walk()
    this.restart()
  }

  write() {
    const s = this.surface
    const values = {
      surface: this.name === "ravine" ? null : this.name,
      off: this.off.size ? [...this.off].join(",") : null,
    }
    values.start = String(this.start) === String(s.start) ? null : this.start.map(v => Number(v.toFixed(3))).join(",")
    for (const o of optimizers) values[o.name] = this.rates[o.name] === s.rates[o.name] ? null : this.rates[o.name]
    this.page.setParams(values)
  }

  state(params) {
    this.read(params).catch(e => this.page.show(e))
  }

  // choose shows a surface; it returns false where another was chosen before this one arrived.
  async choose(name) {
    this.chosen = name
    this.surfaces[name] ??= await this.page.get(`surface/${name}`)
    if (this.chosen !== name) return false
    this.name = name
    this.surface = this.surfaces[name]
    this.start = [...this.surface.start]
    this.rates = { ...this.surface.rates }
    this.paths = {}
    this.levels()
    this.background()
    return true
  }

  // The server.

  // walk asks for the paths; while a request is under way, changes wait for one more.
  async walk() {
    if (this.asking) {
      this.again = true
      return
    }
    this.asking = true
    try {
      do {
        this.again = false
        const name = this.name
        const { paths } = await this.page.post("walk", {
          Surface: name,
          Start: this.start,
          Rates: this.rates,
          Steps: this.surface.steps,
        })
        if (name !== this.name) {
          this.again = true
          continue
        }
        this.paths = paths
        this.page.show(null)
      } while (this.again)
    } catch (e) {
      this.page.show(e)
    } finally {
      this.asking = false
    }
    this.curvesChanged()
    this.draw()
  }

  // changed follows a change of start or rates: all of the paths are shown at once.
  changed() {
    this.playing = false
    this.buttons()
    this.step = this.surface.steps
    this.write()
    this.controls()
    this.walk()
  }

  // The parts of the view.

  build() {
    const { page } = this
    this.radios = names.map(name => {
      const input = h("input", { type: "radio", name: "surface", value: name, onchange: () => this.go(name) })
      return h("label", {}, input, t(`descent.surface.${name}`))
    })
    this.playButton = h("button", { class: "button primary play", onclick: () => this.play(!this.playing) })
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      "aria-label": t("descent.step"),
      oninput: e => {
        this.play(false)
        this.step = Number(e.target.value)
        this.draw()
      },
    })
    this.counter = h("output", { class: "number" })
    this.canvas = h("canvas", { role: "img", "aria-label": t("descent.surface") })
    this.ring = h("button", { class: "ring", title: t("descent.ring") })
    this.axes = ["across", "up"].map(way => h("span", { class: `axis ${way} number` }))
    this.picture = h(
      "div",
      { class: "picture" },
      this.canvas,
      this.ring,
      this.axes,
    )
    this.formula = h("p", { class: "formula" })
    this.rows = optimizers.map((o, i) => {
      const on = h("input", {
        type: "checkbox",
        onchange: () => {
          this.off.has(o.name) ? this.off.delete(o.name) : this.off.add(o.name)
          this.write()
          this.draw()
          this.curvesChanged()
        },
      })
      const value = h("output")
      const rate = h("input", {
        type: "range",
        min: -4,
        max: 0.5,
        step: 0.05,
        oninput: e => {
          this.rates[o.name] = Number((10 ** e.target.value).toPrecision(2))
          this.changed()
        },
      })
      const loss = h("span", { class: "number loss" })
      const where = h("span", { class: "hint number" })
      return {
        on,
        rate,
        value,
        loss,
        where,
        root: h(
          "div",
          { class: "optimizer" },
          h(
            "div",
            { class: "row" },
            h("label", { class: "name" }, on, h("i", { class: `dot s${i}` }), t(`descent.${o.name}`)),
            h("span", { class: "spacer" }),
            loss,
          ),
          h(
            "div",
            { class: "rule" },
            o.formula.map(f => h("div", {}, f)),
          ),
          h("label", { class: "field" }, h("span", { class: "between" }, t("descent.learningRate"), value), rate),
          where,
        ),
      }
    })
    this.chartRoot = h("div")
    this.root.replaceChildren(
      h("p", { class: "hint" }, t("descent.try")),
      h(
        "div",
        { class: "bar panel" },
        h("div", { class: "segmented", role: "radiogroup", "aria-label": t("descent.surface") }, this.radios),
        h(
          "div",
          { class: "row" },
          this.playButton,
          h("button", { class: "button", onclick: () => this.restart() }, t("descent.again")),
          h("button", { class: "button", onclick: () => this.defaults() }, t("descent.defaults")),
        ),
        h("div", { class: "row steps" }, this.slider, this.counter),
      ),
      h(
        "div",
        { class: "columns" },
        h("section", { class: "panel", "aria-label": t("descent.surface") }, this.formula, this.picture),
        h(
          "section",
          { class: "panel optimizers", "aria-label": t("descent.optimizers") },
          h("h2", {}, t("descent.optimizers")),
          h("p", { class: "hint small" }, t("descent.g")),
          this.rows.map(r => r.root),
        ),
        h("section", { class: "panel losses" }, h("h2", {}, t("descent.curves")), this.chartRoot),
      ),
    )
    this.curves = chart(this.chartRoot, {
      page,
      height: 200,
      log: false,
      legend: false,
      x: t("descent.step"),
      curves: optimizers.map((o, i) => ({ label: t(`descent.${o.name}`), color: i })),
    })
    this.drag()
    new ResizeObserver(() => {
      this.background()
      this.draw()
    }).observe(this.picture)
    onTheme(() => {
      this.background()
      this.draw()
    }, page.signal)
    this.buttons()
  }

  async go(name) {
    try {
      if (!(await this.choose(name))) return
    } catch (e) {
      return this.page.show(e)
    }
    this.write()
    this.controls()
    await this.walk()
    this.restart()
  }

  defaults() {
    this.start = [...this.surface.start]
    this.rates = { ...this.surface.rates }
    this.write()
    this.controls()
    this.walk().then(() => this.restart())
  }

  controls() {
    for (const label of this.radios) label.firstChild.checked = label.firstChild.value === this.name
    this.formula.textContent =
      this.name === "network"
        ? t("descent.formula.network")
        : {
            bowl: "L = ω₀² + ω₁²",
            ravine: "L = 0.1·ω₀² + 4·ω₁²",
            saddle: "L = ω₀² − ω₁² + ω₁⁴/4",
            rosenbrock: "L = (1 − ω₀)² + 100·(ω₁ − ω₀²)²",
          }[this.name]
    for (const [i, o] of optimizers.entries()) {
      const row = this.rows[i]
      row.on.checked = !this.off.has(o.name)
      row.rate.value = Math.log10(this.rates[o.name])
      row.value.textContent = `η = ${this.rates[o.name]}`
      row.root.classList.toggle("off", this.off.has(o.name))
    }
    const { x, y } = this.surface
    const written = v => String(v).replace("-", "−")
    for (const [i, [low, high]] of [x, y].entries())
      this.axes[i].replaceChildren(`${written(low)} ≤ `, h("i", {}, ["ω₀", "ω₁"][i]), ` ≤ ${written(high)}`)
    this.slider.max = this.surface.steps
  }

  buttons() {
    this.playButton.textContent = this.playing ? `❚❚ ${t("descent.pause")}` : `▶ ${t("descent.play")}`
  }

  // drag moves the start with the pointer or the arrow keys.
  drag() {
    const { ring, picture, page } = this
    const move = e => {
      const box = picture.getBoundingClientRect()
      const { x, y } = this.surface
      const clamp = v => Math.max(0, Math.min(1, v))
      this.start = [
        x[0] + (x[1] - x[0]) * clamp((e.clientX - box.left) / box.width),
        y[1] - (y[1] - y[0]) * clamp((e.clientY - box.top) / box.height),
      ]
      this.changed()
    }
    let held = false
    page.on(picture, "pointerdown", e => {
      if (e.button !== 0 || !this.surface) return
      if (e.pointerType !== "mouse" && e.target !== ring) return // a finger elsewhere scrolls
      held = true
      picture.setPointerCapture(e.pointerId)
      e.preventDefault()
      ring.focus()
      move(e)
    })
    page.on(picture, "pointermove", e => {
      if (held) move(e)
    })
    const release = () => {
      if (held) {
        held = false
        this.walk().then(() => this.restart())
      }
    }
    page.on(picture, "pointerup", release)
    page.on(picture, "pointercancel", release)
    page.on(ring, "keydown", e => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key]
      if (!step) return
      e.preventDefault()
      e.stopPropagation()
      const { x, y } = this.surface
      const by = e.shiftKey ? 0.1 : 0.02
      const clamp = (v, [lo, hi]) => Math.max(lo, Math.min(hi, v))
      this.start = [
        clamp(this.start[0] + step[0] * by * (x[1] - x[0]), x),
        clamp(this.start[1] + step[1] * by * (y[1] - y[0]), y),
      ]
      this.changed()
      page.say(t("descent.at", { x: n(this.start[0]), y: n(this.start[1]) }))
    })
  }

  // Playing.

  restart() {
    this.step = 0
    if (this.page.still()) {
      // no motion: the whole walk at once
      this.step = this.surface.steps
      this.draw()
      return
    }
    this.play(true)
  }

  play(on) {
    if (on && this.step >= this.surface.steps) this.step = 0
    const was = this.playing
    this.playing = on
    this.buttons()
    if (on && !was) {
      let last = performance.now()
      const tick = now => {
        if (!this.playing || this.page.signal.aborted) return
        const { steps } = this.surface
        this.step = Math.min(this.step + (Math.max(now - last, 0) * steps) / 7000, steps) // a walk takes 7 s
        last = now
        this.draw()
        if (this.step >= this.surface.steps) {
          this.playing = false
          this.buttons()
          this.page.say(this.sentence())
        } else requestAnimationFrame(tick)
      }
      requestAnimationFrame(tick)
    }
    this.draw()
  }

  // Drawing.

  // levels computes the contour levels: even steps of log(1 + L/c), so that the floor of a valley is resolved, too.
  levels() {
    const { heights } = this.surface
    const sorted = Float64Array.from(heights).sort()
    const [low, high, fifth] = [sorted[0], sorted.at(-1), sorted[Math.floor(sorted.length / 5)]]
    const c = Math.max(fifth - low, 1e-9)
    const u = L => Math.log1p(Math.max(L - low, 0) / c)
    this.depth = L => u(L) / u(high)
    this.contours = Array.from({ length: levels - 1 }, (_, i) => (i + 1) / levels)
  }

  // background draws the heights and contour lines once for the size and the theme.
  background() {
    const width = this.picture.clientWidth
    if (!width || !this.surface) return
    const ratio = devicePixelRatio || 1
    const size = Math.round(width * ratio)
    this.canvas.width = this.canvas.height = size
    const off = (this.off2d = document.createElement("canvas"))
    off.width = off.height = size
    const { size: g, heights } = this.surface
    const depth = heights.map(this.depth)
    const mix = (a, b, w) => a.map((v, i) => Math.round(v + (b[i] - v) * w))
    const parse = text => [1, 3, 5].map(i => parseInt(text.slice(i, i + 2), 16))
    const high = parse(color("--raised"))
    const low = parse(color("--muted"))
    const small = document.createElement("canvas")
    small.width = small.height = g
    const s = small.getContext("2d")
    const image = s.createImageData(g, g)
    for (let row = 0; row < g; row++) {
      for (let col = 0; col < g; col++) {
        const d = Math.floor(depth[(g - 1 - row) * g + col] * levels) / levels
        image.data.set([...mix(high, low, 0.5 * (1 - d)), 255], 4 * (row * g + col))
      }
    }
    s.putImageData(image, 0, 0)
    const c = off.getContext("2d")
    c.imageSmoothingEnabled = true
    c.drawImage(small, 0, 0, size, size)
    c.strokeStyle = color("--muted")
    c.globalAlpha = 0.45
    c.lineWidth = ratio
    c.beginPath()
    for (const level of this.contours) this.contour(c, depth, g, level, size)
    c.stroke()
  }

  // contour adds the line where depth is level: marching squares.
  contour(c, depth, g, level, size) {
    const at = v => (v / (g - 1)) * size
    for (let row = 0; row + 1 < g; row++) {
      for (let col = 0; col + 1 < g; col++) {
        const v = [
          depth[row * g + col],
          depth[row * g + col + 1],
          depth[(row + 1) * g + col + 1],
          depth[(row + 1) * g + col],
        ]
        if (Math.min(...v) >= level || Math.max(...v) < level) continue
        const corner = [
          [col, row],
          [col + 1, row],
          [col + 1, row + 1],
          [col, row + 1],
        ]
        const points = []
        for (let k = 0; k < 4; k++) {
          const [a, b] = [v[k], v[(k + 1) % 4]]
          if (a < level === b < level) continue
          const w = (level - a) / (b - a)
          const [p, q] = [corner[k], corner[(k + 1) % 4]]
          points.push([at(p[0] + w * (q[0] - p[0])), size - at(p[1] + w * (q[1] - p[1]))])
        }
        for (let k = 0; k + 1 < points.length; k += 2) {
          c.moveTo(...points[k])
          c.lineTo(...points[k + 1])
        }
      }
    }
  }

  draw() {
    this.page.frame((this.drawing ??= () => this.drawNow()))
  }

  drawNow() {
    if (!this.surface || !this.off2d) return
    const { x, y } = this.surface
    const size = this.canvas.width
    const ratio = devicePixelRatio || 1
    const c = this.canvas.getContext("2d")
    c.setTransform(1, 0, 0, 1, 0, 0)
    c.drawImage(this.off2d, 0, 0)
    const px = v => ((v - x[0]) / (x[1] - x[0])) * size
    const py = v => ((y[1] - v) / (y[1] - y[0])) * size
    const upto = Math.floor(this.step)
    c.lineJoin = c.lineCap = "round"
    const halo = color("--raised")
    for (const [i, o] of optimizers.entries()) {
      const path = this.paths[o.name]
      const row = this.rows[i]
      if (!path) continue
      const k = Math.min(upto, path.length - 1)
      row.loss.textContent = path.length ? `L = ${n(path[k][2])}` : ""
      row.where.textContent = upto > k && path.length <= this.surface.steps ? t("descent.left") : ""
      if (this.off.has(o.name) || !path.length) continue
      c.beginPath()
      for (let s = 0; s <= k; s++) c.lineTo(px(path[s][0]), py(path[s][1]))
      c.strokeStyle = halo
      c.lineWidth = 5 * ratio
      c.globalAlpha = 0.6
      c.stroke()
      c.globalAlpha = 1
      c.strokeStyle = series(i)
      c.lineWidth = 2.25 * ratio
      c.stroke()
    }
    for (const [i, o] of optimizers.entries()) {
      // the walkers, above all lines
      const path = this.paths[o.name]
      if (!path?.length || this.off.has(o.name)) continue
      const k = Math.min(upto, path.length - 1)
      c.fillStyle = series(i)
      c.strokeStyle = halo
      c.lineWidth = 2 * ratio
      c.beginPath()
      c.arc(px(path[k][0]), py(path[k][1]), 6.5 * ratio, 0, 7)
      c.fill()
      c.stroke()
    }
    this.ring.style.left = `${(px(this.start[0]) / size) * 100}%`
    this.ring.style.top = `${(py(this.start[1]) / size) * 100}%`
    this.ring.setAttribute(
      "aria-label",
      `${t("descent.ring")}: ${t("descent.at", { x: n(this.start[0]), y: n(this.start[1]) })}`,
    )
    this.slider.value = upto
    this.counter.textContent = `${upto} / ${this.surface.steps}`
    if (!this.playing) this.canvas.setAttribute("aria-label", this.sentence())
  }

  sentence() {
    const k = Math.floor(this.step)
    const list = optimizers
      .filter(o => !this.off.has(o.name) && this.paths[o.name]?.length)
      .map(o => {
        const p = this.paths[o.name]
        return `${t(`descent.${o.name}`)} ${n(p[Math.min(k, p.length - 1)][2])}`
      })
    return t("descent.sentence", { step: k, list: list.join(", ") })
  }

  curvesChanged() {
    const steps = this.surface.steps
    const xs = Array.from({ length: steps + 1 }, (_, i) => i)
    const positive = optimizers.every(o => (this.paths[o.name] ?? []).every(p => p[2] > -1e-12))
    const floor = 1e-8
    const ys = optimizers.map(o =>
      this.off.has(o.name)
        ? xs.map(() => null)
        : xs.map(i => {
            const L = this.paths[o.name]?.[i]?.[2]
            return L === undefined ? null : positive ? Math.max(L, floor) : L
          }),
    )
    const curves = optimizers.map((o, i) => ({ label: t(`descent.${o.name}`), color: i }))
    if (this.positive !== positive) {
      this.positive = positive
      this.curves.setCurves(curves, [xs, ...ys], { log: positive })
    } else this.curves.set([xs, ...ys])
  }

  close() {
    this.playing = false
  }
}
