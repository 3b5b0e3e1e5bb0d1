// The output panel of the playground: the surface of the network or of a neuron, the samples, the losses and their
// curves.
import { h, t, n } from "../../page.js"
import { diverging, paint, paintBytes, css, color } from "../../palette.js"
import { chart } from "../../chart.js"

// place returns the pixel, of size, of a coordinate.
export const place = (v, size, reach) => (size * (v / reach + 1)) / 2

// tint returns the color of a target: 0 and 1 of classes, or a number.
export const tint = (target, classes) => css(diverging(classes ? 2 * target - 1 : Math.max(-1, Math.min(1, target))))

export class Output {
  // showTests is called with the state of the box that shows the test samples.
  constructor(page, choices, showTests) {
    this.choices = choices
    this.drawn = 0
    this.surface = h("canvas", { class: "surface" })
    this.points = h("canvas", { class: "points" })
    this.picture = h("div", { class: "picture", role: "img" }, this.surface, this.points)
    this.caption = h("div", { class: "caption" })
    this.scale = h(
      "div",
      { class: "scale number" },
      h("span"),
      h("canvas", { width: 128, height: 1, "aria-hidden": "true" }),
      h("span"),
    )
    this.testBox = h("input", { type: "checkbox", onchange: e => showTests(e.target.checked) })
    this.numbers = h("dl", { class: "losses number" })
    const curves = h("div", { class: "curves" })
    this.root = h(
      "section",
      { class: "output panel", "aria-label": t("playground.outputTitle") },
      h(
        "div",
        { class: "row" },
        h("h2", {}, t("playground.outputTitle")),
        h("span", { class: "spacer" }),
        this.caption,
      ),
      this.picture,
      this.scale,
      h("label", { class: "check" }, this.testBox, t("playground.showTest")),
      this.numbers,
      curves,
    )
    this.curves = chart(curves, {
      page,
      height: 150,
      x: t("runs.axis.step"),
      whole: true,
      legend: false,
      curves: [
        { label: t("playground.trainLoss"), color: 0 },
        { label: t("playground.testLoss"), color: 1 },
      ],
    })
    new ResizeObserver(() => this.drawSamples()).observe(this.picture)
    this.drawLegend()
  }

  // setup takes the samples {trained, tested, classes} and the history of the losses.
  setup(samples, history) {
    this.samples = samples
    clearTimeout(this.later)
    this.curves.set(history)
  }

  // mark draws a ring around a sample; null removes it.
  mark(sample) {
    this.marked = sample
    this.drawSamples()
  }

  // drawSurface draws the surface of a neuron, or of the output, and returns whether the frame belongs to these layers.
  drawSurface(frame, hidden, which) {
    const half = this.choices.grid / 2
    const before = l => hidden.slice(0, l).reduce((a, b) => a + b, 0)
    const neurons = before(hidden.length)
    if (frame.surfaces.length !== neurons * half * half + this.choices.grid ** 2) return false
    const inner = which && which.layer < hidden.length
    const k = inner ? before(which.layer) + which.index : neurons
    const size = inner ? half : this.choices.grid
    const at = k * half * half
    paintBytes(this.surface, frame.surfaces.subarray(at, at + size * size), size, size)
    this.points.style.opacity = inner ? 0.45 : 1
    this.caption.textContent = inner
      ? t("playground.neuronLabel", { layer: which.layer + 1, index: which.index + 1 })
      : ""
    const s = frame.scales[k]
    const ends = this.scale.querySelectorAll("span")
    const probability = this.samples?.classes && !inner
    ends[0].textContent = probability ? "y′ = 0" : n(-s, 2)
    ends[1].textContent = probability ? "y′ = 1" : n(s, 2)
    return true
  }

  // drawLosses shows the losses of a frame, and their history at most five times a second.
  drawLosses(frame, history) {
    const classes = this.samples?.classes
    const line = (key, loss, correct, i) => [
      h("dt", {}, h("i", { class: `dot s${i}` }), t(key)),
      h("dd", {}, n(loss)),
      h("dd", {}, classes ? `${(100 * correct).toFixed(1)}%` : ""),
    ]
    this.numbers.replaceChildren(
      h("dt"),
      h("dd", { class: "hint" }, t("playground.lossColumn")),
      h("dd", { class: "hint" }, classes ? t("playground.correct") : ""),
      ...line("playground.trainLoss", frame.train, frame.correct[0], 0),
      ...line("playground.testLoss", frame.test, frame.correct[1], 1),
    )
    const now = performance.now()
    clearTimeout(this.later)
    if (now - this.drawn > 200) {
      this.drawn = now
      this.curves.set(history)
    } else {
      this.later = setTimeout(() => this.curves.set(history), 250)
    }
  }

  // drawLegend paints the scale's colors.
  drawLegend() {
    paint(
      this.scale.querySelector("canvas"),
      Float32Array.from({ length: 128 }, (_, i) => (2 * i) / 127 - 1),
      128,
      1,
    )
  }

  drawSamples() {
    if (!this.samples) return
    const { trained, tested } = this.samples
    const reach = this.choices.reach
    const ratio = devicePixelRatio || 1
    const size = this.picture.clientWidth
    const canvas = this.points
    canvas.width = canvas.height = size * ratio
    const c = canvas.getContext("2d")
    c.scale(ratio, ratio)
    this.dots(c, size, trained, false)
    if (this.testBox.checked) this.dots(c, size, tested, true)
    if (this.marked) {
      const [x, y] = this.marked
      c.lineWidth = 2.5
      c.strokeStyle = color("--text")
      c.beginPath()
      c.arc(place(x, size, reach), place(-y, size, reach), 9, 0, 7)
      c.stroke()
    }
  }

  // dots draws samples in the color of their targets; those that are tested are squares.
  dots(c, size, samples, square) {
    const { reach } = this.choices
    const r = size < 150 ? 1.6 : 3.2
    c.lineWidth = size < 150 ? 0 : 1
    c.strokeStyle = color("--raised")
    for (const [x, y, target] of samples) {
      const [left, top] = [place(x, size, reach), place(-y, size, reach)]
      c.fillStyle = tint(target, this.samples.classes)
      c.beginPath()
      if (square) c.rect(left - r, top - r, 2 * r, 2 * r)
      else c.arc(left, top, r, 0, 7)
      c.fill()
      if (c.lineWidth && size >= 150) c.stroke()
    }
  }

  close() {
    clearTimeout(this.later)
  }
}
