// The drawing of the network: neurons as buttons with their surfaces, wires and numbers on a canvas below them.
import { h, t, n } from "../../page.js"
import { diverging, paint, paintBytes, css, color } from "../../palette.js"

// The coordinates are x₁ and x₂, because y is the target in the formulas.
export const featureNames = {
  x: "x₁",
  y: "x₂",
  x2: "x₁²",
  y2: "x₂²",
  xy: "x₁x₂",
  sinx: "sin x₁",
  siny: "sin x₂",
}
const features = {
  x: x => x,
  y: (_, y) => y,
  x2: x => x * x,
  y2: (_, y) => y * y,
  xy: (x, y) => x * y,
  sinx: x => Math.sin(x),
  siny: (_, y) => Math.sin(y),
}
const thumb = 24 // pixels of a feature's picture

// Network draws in root. on: toggle(feature), count(layer, change), select(neuron or null), layers(change). choices:
// of the server.
export class Network {
  constructor(root, page, choices, on) {
    Object.assign(this, { root, page, choices, on })
    this.canvas = h("canvas", { class: "wires", "aria-hidden": "true" })
    this.parts = h("div", { class: "parts" })
    this.tip = h("div", { class: "tip number", hidden: true, "aria-hidden": "true" })
    root.append(this.canvas, this.parts, this.tip)
    this.selected = null // {layer, index}; the output's layer is the last
    this.pinned = false
    this.overlay = null // of the step mode: {layer, backward, values, focus, progress}
    new ResizeObserver(() => {
      this.place()
      page.frame(this.redraw)
    }).observe(root)
    this.redraw = () => this.drawWires()
    page.on(root, "pointermove", e => this.hover(e))
    page.on(root, "pointerleave", () => {
      this.tip.hidden = true
    })
    page.on(this.parts, "keydown", e => this.arrows(e))
  }

  // build makes the neurons of settings.
  build(settings) {
    this.settings = settings
    const { layers, neurons } = this.choices
    const focused = document.activeElement?.dataset?.at
    this.inputs = this.choices.inputs.map(name => {
      const canvas = h("canvas")
      const on = settings.inputs.includes(name)
      const mark = h("span", { class: "value number" })
      const label = t("playground.inputLabel", { name: featureNames[name] })
      const button = h(
        "button",
        {
          class: "neuron input",
          "aria-pressed": String(on),
          "data-at": `input ${name}`,
          "aria-label": label,
          onclick: () => this.on.toggle(name),
        },
        canvas,
        mark,
      )
      return {
        name,
        on,
        label,
        button,
        canvas,
        mark,
        caption: h("span", { class: "feature", "aria-hidden": "true" }, featureNames[name]),
      }
    })
    this.hidden = settings.hidden.map((count, layer) =>
      Array.from({ length: count }, (_, index) => this.neuron(layer, index)),
    )
    this.output = this.neuron(settings.hidden.length, 0)
    this.heads = settings.hidden.map((count, layer) =>
      h(
        "div",
        { class: "head", role: "group", "aria-label": t("playground.layerLabel", { layer: layer + 1 }) },
        h(
          "button",
          {
            class: "mini",
            "data-at": `less ${layer}`,
            "aria-label": t("playground.lessNeurons", { layer: layer + 1 }),
            title: t("playground.lessNeurons", { layer: layer + 1 }),
            onclick: () => this.on.count(layer, -1),
          },
          "−",
        ),
        h("span", { class: "number" }, String(count)),
        h(
          "button",
          {
            class: "mini",
            "data-at": `more ${layer}`,
            disabled: count >= neurons,
            "aria-label": t("playground.moreNeurons", { layer: layer + 1 }),
            title: t("playground.moreNeurons", { layer: layer + 1 }),
            onclick: () => this.on.count(layer, 1),
          },
          "+",
        ),
      ),
    )
    this.outputHead = h("div", { class: "head caption" }, t("playground.outputLayer"))
    this.inputHead = h("div", { class: "head caption" }, t("playground.inputLayer"))
    this.parts.replaceChildren(
      this.inputHead,
      ...this.inputs.flatMap(i => [i.caption, i.button]),
      ...this.heads,
      ...this.hidden.flat().map(x => x.button),
      this.outputHead,
      this.output.button,
    )
    if (focused) this.parts.querySelector(`[data-at="${focused}"]`)?.focus()
    if (this.selected && !this.at(this.selected)) this.select(null)
    this.mark()
    this.paintInputs()
    this.place()
  }

  neuron(layer, index) {
    const last = layer === this.settings.hidden.length
    const canvas = h("canvas")
    const bias = h("span", { class: "bias" })
    const mark = h("span", { class: "value number" })
    const label = last
      ? t("playground.outputLabel")
      : t("playground.neuronLabel", { layer: layer + 1, index: index + 1 })
    const button = h(
      "button",
      {
        class: `neuron${last ? " output" : ""}`,
        "data-at": `neuron ${layer} ${index}`,
        "aria-pressed": "false",
        "aria-label": label,
        onclick: () => this.pin({ layer, index }),
        onpointerenter: e => {
          if (e.pointerType === "mouse" && !this.pinned) this.select({ layer, index })
        },
        onpointerleave: e => {
          if (e.pointerType === "mouse" && !this.pinned) this.select(null)
        },
      },
      canvas,
      bias,
      mark,
    )
    return { layer, index, label, button, canvas, bias, mark }
  }

  // columns returns the parts that wires join: active inputs, hidden layers, output.
  columns() {
    return [this.inputs.filter(i => i.on), ...this.hidden, [this.output]]
  }

  at({ layer, index }) {
    return layer === this.hidden.length ? (index === 0 ? this.output : undefined) : this.hidden[layer]?.[index]
  }

  select(which) {
    this.selected = which
    this.mark()
    this.on.select(which)
    this.page.frame(this.redraw)
  }

  pin(which) {
    const same = this.pinned && this.selected?.layer === which.layer && this.selected?.index === which.index
    this.pinned = !same
    this.select(same ? null : which)
  }

  mark() {
    for (const x of [...this.hidden.flat(), this.output]) {
      const on = this.selected?.layer === x.layer && this.selected?.index === x.index
      x.button.classList.toggle("selected", on)
      x.button.setAttribute("aria-pressed", String(on && this.pinned))
    }
  }

  // arrows moves the focus between neurons.
  arrows(e) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key]
    if (!step || !e.target.classList.contains("neuron")) return
    const columns = [this.inputs, ...this.hidden, [this.output]]
    const c = columns.findIndex(column => column.some(x => x.button === e.target))
    const r = columns[c].findIndex(x => x.button === e.target)
    const column = columns[c + step[0]]
    if (!column) return
    const row = step[0] ? Math.min(r, column.length - 1) : r + step[1]
    const to = column[row]
    if (!to) return
    e.preventDefault()
    e.stopPropagation()
    to.button.focus()
    if (to.layer !== undefined) {
      this.pinned = true
      this.select({ layer: to.layer, index: to.index })
    }
  }

  // place sets the positions. Rows are as many as the tallest column's.
  place() {
    const width = this.root.clientWidth
    if (!width || !this.inputs) return
    const narrow = width < 480
    const rows = Math.max(this.inputs.length, ...this.hidden.map(l => l.length))
    const pitch = narrow ? 42 : 52
    const top = 46
    const left = narrow ? 44 : 56
    const columns = this.hidden.length + 2
    const right = narrow ? 6 : 16
    const size = (this.size = narrow ? Math.max(18, Math.min(30, ((width - left - right) / columns) * 0.55)) : 38)
    const xs = Array.from({ length: columns }, (_, i) => left + ((width - left - right - size) * i) / (columns - 1))
    const middle = top + (rows * pitch) / 2
    const put = (x, column, count, row) => {
      x.x = xs[column]
      x.y = middle + (row - (count - 1) / 2) * pitch - size / 2
      Object.assign(x.button.style, { left: `${x.x}px`, top: `${x.y}px`, width: `${size}px`, height: `${size}px` })
    }
    this.inputs.forEach((x, row) => {
      put(x, 0, this.inputs.length, row)
      Object.assign(x.caption.style, { left: "0", width: `${left - 6}px`, top: `${x.y + size / 2 - 10}px` })
    })
    this.hidden.forEach((layer, l) => layer.forEach((x, row) => put(x, l + 1, layer.length, row)))
    put(this.output, columns - 1, 1, 0)
    const gap = columns > 1 ? xs[1] - xs[0] : width
    this.root.classList.toggle("tight", gap < 78)
    this.root.classList.toggle("narrow", narrow)
    this.heads.forEach((head, l) => {
      head.style.left = `${xs[l + 1] + size / 2}px`
    })
    this.inputHead.style.left = `${narrow ? 32 : xs[0] + size / 2 - 12}px`
    this.outputHead.style.left = `${Math.min(xs[columns - 1] + size / 2, width - 38)}px`
    this.root.style.height = `${top + rows * pitch + 4}px`
    const ratio = devicePixelRatio || 1
    this.canvas.width = width * ratio
    this.canvas.height = this.root.clientHeight * ratio
  }

  paintInputs() {
    const reach = this.choices.reach
    for (const input of this.inputs) {
      const f = features[input.name]
      const values = new Float32Array(thumb * thumb)
      let scale = 0
      for (let i = 0; i < values.length; i++) {
        const x = reach * ((2 * ((i % thumb) + 0.5)) / thumb - 1)
        const y = -reach * ((2 * (Math.floor(i / thumb) + 0.5)) / thumb - 1)
        values[i] = f(x, y)
        scale = Math.max(scale, Math.abs(values[i]))
      }
      paint(
        input.canvas,
        values.map(v => v / scale),
        thumb,
        thumb,
      )
    }
  }

  // draw shows a frame: its surfaces (Int8Array, see frame in playground_net.go), weights and biases.
  draw(frame) {
    this.frame = frame
    const half = this.choices.grid / 2
    let from = 0
    for (const x of this.hidden.flat()) {
      paintBytes(x.canvas, frame.surfaces.subarray(from, (from += half * half)), half, half)
    }
    paintBytes(this.output.canvas, frame.surfaces.subarray(from), this.choices.grid, this.choices.grid)
    for (const x of [...this.hidden.flat(), this.output]) {
      const b = frame.biases[x.layer][x.index]
      x.bias.style.background = css(diverging(Math.max(-1, Math.min(1, b))))
      x.bias.title = `b = ${n(b)}`
    }
    this.drawWires()
  }

  // weight returns the weight of the wire into neuron j of a layer from neuron i of the layer before it.
  weight(layer, j, i) {
    const width = layer === 0 ? this.settings.inputs.length : this.settings.hidden[layer - 1]
    return (this.overlay?.weights ?? this.frame.weights)[layer][j * width + i]
  }

  drawWires() {
    const c = this.canvas.getContext("2d")
    const ratio = devicePixelRatio || 1
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    c.clearRect(0, 0, this.canvas.width, this.canvas.height)
    if (!this.frame || this.frame.weights.length !== this.hidden.length + 1) return
    const columns = this.columns()
    const { overlay } = this
    const negative = color("--negative")
    const positive = color("--positive")
    this.wires = []
    for (let layer = 0; layer + 1 < columns.length; layer++) {
      const sources = columns[layer]
      for (const [j, to] of columns[layer + 1].entries()) {
        const chosen = this.selected?.layer === layer && this.selected?.index === j
        for (const [i, from] of sources.entries()) {
          const w = this.weight(layer, j, i)
          const wire = this.curve(from, to, sources.length, i)
          this.wires.push({ layer, j, i, w, ...wire })
          let alpha = this.selected && !chosen ? 0.35 : 0.85
          if (overlay)
            alpha = overlay.layer === layer ? (overlay.focus === j ? 0.95 : 0.5) : overlay.layer === null ? 0.7 : 0.2
          c.globalAlpha = alpha
          c.strokeStyle = w < 0 ? negative : positive
          c.lineWidth = Math.min(0.75 + 2.5 * Math.abs(w), 7)
          c.beginPath()
          c.moveTo(wire.x0, wire.y0)
          c.bezierCurveTo(wire.mid, wire.y0, wire.mid, wire.y1, wire.x1, wire.y1)
          c.stroke()
        }
      }
    }
    c.globalAlpha = 1
    if (overlay) this.drawOverlay(c)
  }

  curve(from, to, count, i) {
    const s = this.size
    const spread = Math.min(s * 0.6, 4 * count)
    const y1 = to.y + s / 2 + (count > 1 ? (i / (count - 1) - 0.5) * spread : 0)
    const x0 = from.x + s + 1
    const x1 = to.x - 1
    return { x0, y0: from.y + s / 2, x1, y1, mid: (x0 + x1) / 2 }
  }

  // drawOverlay draws the numbers of the step mode on the wires of one layer, or on all of them.
  drawOverlay(c) {
    const { overlay } = this
    if (!overlay.numbers) return
    let wires = this.wires.filter(w => overlay.layer === null || w.layer === overlay.layer)
    // Where the numbers of all wires would cover each other, those of the neuron in focus are shown.
    const dense = wires.length > 24 || (this.root.clientWidth < 480 && wires.length > 6)
    const background = color("--raised")
    const text = color("--text")
    const dot = color(overlay.backward ? "--probability" : "--accent")
    const where = (w, u) => ({
      x: bezier(w.x0, w.mid, w.mid, w.x1, u),
      y: bezier(w.y0, w.y0, w.y1, w.y1, u),
    })
    if (overlay.progress < 1 && overlay.layer !== null) {
      c.fillStyle = dot
      for (const w of wires) {
        const p = where(w, overlay.backward ? 1 - overlay.progress : overlay.progress)
        c.beginPath()
        c.arc(p.x, p.y, w.j === overlay.focus ? 4.5 : 3, 0, 7)
        c.fill()
      }
    }
    if (dense && overlay.layer !== null) wires = wires.filter(w => w.j === overlay.focus)
    const tight = wires.length > 20 || this.root.clientWidth < 480
    c.textAlign = "center"
    c.textBaseline = "middle"
    // The numbers of the neuron in focus come last, above the others.
    const ordered = [...wires].sort((a, b) => (a.j === overlay.focus) - (b.j === overlay.focus))
    for (const w of ordered) {
      const focus = w.j === overlay.focus || overlay.layer === null
      const count = this.columns()[w.layer].length
      const rest = count > 1 ? 0.28 + (0.5 * ((w.i + w.j) % count)) / (count - 1) : 0.5
      // The number runs along the wire to where it stays: forward from the source, backward from the target.
      const run = overlay.layer === null ? 1 : Math.min(1, 1.4 * overlay.progress)
      const p = where(w, overlay.backward ? 1 - (1 - rest) * run : rest * run)
      const label = n(overlay.numbers(w.layer, w.j, w.i), 2)
      c.font = `${focus && overlay.layer !== null ? "600 " : ""}${tight ? 10 : 11}px system-ui, sans-serif`
      const width = c.measureText(label).width + 6
      c.globalAlpha = focus ? 1 : 0.75
      c.fillStyle = background
      c.beginPath()
      c.roundRect(p.x - width / 2, p.y - 7, width, 14, 3)
      c.fill()
      c.fillStyle = text
      c.fillText(label, p.x, p.y + 0.5)
    }
    c.globalAlpha = 1
  }

  // setOverlay shows the numbers of a part of the step, and on the neurons the values of show; null ends it.
  setOverlay(overlay) {
    this.overlay = overlay
    this.root.classList.toggle("stepping", !!overlay)
    for (const [l, column] of [this.inputs.filter(i => i.on), ...this.hidden, [this.output]].entries()) {
      for (const [i, x] of column.entries()) {
        const value = overlay?.show?.(l - 1, i)
        x.button.classList.toggle("underway", !!overlay && overlay.layer !== null && overlay.layer === l - 1)
        x.button.classList.toggle("infocus", !!overlay && overlay.layer === l - 1 && overlay.focus === i)
        x.mark.textContent = value ?? ""
        x.button.setAttribute("aria-label", value ? `${x.label}: ${value}` : x.label)
      }
    }
    this.drawWires()
  }

  // hover shows the weight of the wire below the pointer.
  hover(e) {
    this.tip.hidden = true
    if (e.pointerType !== "mouse" || !this.wires || this.overlay || e.target.closest("button")) return
    const box = this.root.getBoundingClientRect()
    const x = e.clientX - box.left
    const y = e.clientY - box.top
    let best = 9
    let found = null
    for (const w of this.wires) {
      if (x < w.x0 || x > w.x1) continue
      const u = (x - w.x0) / (w.x1 - w.x0)
      const distance = Math.abs(bezier(w.y0, w.y0, w.y1, w.y1, u) - y)
      if (distance < best) {
        best = distance
        found = w
      }
    }
    if (!found) return
    this.tip.textContent = `ω${sub(found.i)} = ${n(found.w)}`
    this.tip.hidden = false
    this.tip.style.left = `${Math.min(x + 12, box.width - 90)}px`
    this.tip.style.top = `${y - 32}px`
  }
}

const bezier = (a, b, c, d, u) => {
  const v = 1 - u
  return v * v * v * a + 3 * v * v * u * b + 3 * v * u * u * c + u * u * u * d
}

// sub returns a number as a subscript.
export const sub = i => [...String(i)].map(c => "₀₁₂₃₄₅₆₇₈₉"[c]).join("")
