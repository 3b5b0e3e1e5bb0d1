// The view Playground: the engine trains a small network on points of the plane; this module draws it and sends
// commands.
import { h, t, n } from "../page.js"
import { diverging, paint, paintBytes, css, color, onTheme } from "../palette.js"
import { chart } from "../chart.js"
import { Network, featureNames, sub } from "./playground/network.js"
import { Stepper, weightedSum, applied, paren } from "./playground/steps.js"

const speeds = [1, 10, 60, 300, 0] // steps a second; 0 is as many as possible
const usual = 300
const rates = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]
const decays = [0, 0.0001, 0.001, 0.01, 0.1]
const dropouts = [0, 0.1, 0.2, 0.3, 0.5]

export function open(root, page) {
  const view = new Playground(root, page)
  view.begin().catch(e => page.show(e))
  return view
}

class Playground {
  constructor(root, page) {
    Object.assign(this, { root, page })
    this.playing = false
    this.history = [[], [], []]
    this.diverged = false
    this.drawn = 0
  }

  async begin() {
    this.choices = await this.page.get("choices")
    this.read(this.page.params)
    this.build()
    await this.connect()
    this.page.keys({
      " ": [() => this.play(!this.playing), "playground.playKey"],
      s: [() => this.command("step"), "playground.step"],
      e: [() => this.command("epoch"), "playground.epoch"],
      r: [() => this.command("reset"), "playground.reset"],
      x: [() => (this.stepping ? this.endStep() : this.explain()), "playground.explain"],
      n: [() => this.stepping && this.stepper.go(1), "playground.next"],
      p: [() => this.stepping && this.stepper.go(-1), "playground.back"],
    })
  }

  // The state in the address.

  read(params) {
    const d = this.choices.defaults
    const s = (this.settings = structuredClone(d))
    const number = (key, lo, hi) => {
      const v = Number(params.get(key))
      if (params.has(key) && v >= lo && v <= hi) s[key] = v
    }
    const choice = (key, list) => {
      if (list.includes(params.get(key))) s[key] = params.get(key)
    }
    choice(
      "data",
      this.choices.data.map(x => x.name),
    )
    choice("activation", this.choices.activations)
    choice("optimizer", this.choices.optimizers)
    number("noise", 0, 0.5)
    number("train", 0.1, 0.9)
    number("rate", 1e-6, 10)
    number("decay", 0, 1)
    number("dropout", 0, 0.9)
    number("batch", 1, this.choices.batch)
    number("seed", 0, 2 ** 32 - 1)
    s.batch = Math.round(s.batch)
    s.seed = Math.floor(s.seed)
    if (params.has("inputs")) {
      const list = this.choices.inputs.filter(x => params.get("inputs").split(",").includes(x))
      if (list.length) s.inputs = list
    }
    if (params.has("hidden")) {
      const list = params.get("hidden").split(",").filter(Boolean).map(Number)
      if (
        list.length <= this.choices.layers &&
        list.every(x => Number.isInteger(x) && x >= 1 && x <= this.choices.neurons)
      )
        s.hidden = list
    }
    s.loss = this.losses()[0]
    choice("loss", this.losses())
    const speed = Number(params.get("speed") ?? usual)
    this.speed = speeds.includes(speed) ? speed : usual
    this.showTest = params.get("tests") === "1"
  }

  write() {
    const d = this.choices.defaults
    const values = {}
    for (const key of Object.keys(d)) {
      const normal = key === "loss" ? this.losses()[0] : d[key]
      const same = String(this.settings[key]) === String(normal)
      values[key] = same ? null : String(this.settings[key])
    }
    values.speed = this.speed === usual ? null : this.speed
    values.tests = this.showTest ? "1" : null
    this.page.setParams(values)
  }

  // state follows a change of the address by hand or by a link.
  state(params) {
    if (!this.choices || !this.network) return
    this.read(params)
    this.controls()
    this.network.build(this.settings)
    this.send()
  }

  data() {
    return this.choices.data.find(x => x.name === this.settings.data)
  }
  losses() {
    return this.data().classes ? this.choices.classLosses : this.choices.numberLosses
  }

  // The server.

  async connect() {
    const { id } = await this.page.post("open", this.settings)
    this.page.show(null)
    this.id = id
    this.stop?.()
    this.stop = this.page.events(
      `follow/${id}`,
      {
        setup: s => this.setup(s),
        frame: f => this.arrived(f),
      },
      { error: e => (e.key === "playground.gone" ? this.connect().catch(x => this.page.show(x)) : this.page.show(e)) },
    )
  }

  async ask(path, value) {
    try {
      this.page.show(null)
      return await this.page.post(`${path}/${this.id}`, value)
    } catch (e) {
      if (e.key !== "playground.gone") {
        this.page.show(e)
        return null
      }
      await this.connect() // the session ended while the page slept: the same settings begin anew
      return this.page.post(`${path}/${this.id}`, value).catch(x => this.page.show(x))
    }
  }

  command(action, more = {}) {
    if (this.stepping && action !== "trace") this.endStep()
    return this.ask("do", { action, ...more })
  }

  play(on) {
    this.playing = on
    this.buttons()
    return this.command(on ? "play" : "pause", { speed: this.speed })
  }

  // change changes settings; layout says that neurons come or go.
  change(values, layout = false) {
    Object.assign(this.settings, values)
    if (!this.losses().includes(this.settings.loss)) this.settings.loss = this.losses()[0]
    if (this.stepping) this.endStep()
    if (layout) this.network.build(this.settings)
    this.controls()
    this.send()
  }

  send() {
    this.write()
    return this.ask("set", this.settings)
  }

  setup(s) {
    this.trained = s.trained
    this.tested = s.tested
    this.classes = s.classes
    this.history = [0, 1, 2].map(i => s.history.map(x => x[i]))
    this.page.frame((this.drawSamples = () => this.samples()))
    this.curves.set(this.history)
  }

  arrived(f) {
    f.surfaces = Int8Array.from(atob(f.surface), c => c.charCodeAt(0))
    const before = this.playing
    this.frame = f
    this.playing = f.playing
    const [steps, train, test] = this.history
    if (!steps.length || f.step > steps.at(-1)) {
      steps.push(f.step)
      train.push(f.train)
      test.push(f.test)
      if (steps.length > 1200) this.history = this.history.map(h => h.filter((_, i) => i % 2 === 0))
    }
    if (before !== f.playing) {
      this.buttons()
      if (!f.playing) this.page.say(this.sentence())
    }
    const diverged = f.train === null // not a finite number
    if (diverged !== this.diverged) {
      this.diverged = diverged
      this.page.show(diverged ? new Error(t("playground.diverged")) : null)
    }
    if (f.idle) this.page.show(new Error(t("playground.idle")))
    this.page.frame((this.draw ??= () => this.drawFrame()))
  }

  sentence() {
    const f = this.frame
    return t(this.classes ? "playground.sentenceClasses" : "playground.sentence", {
      step: f.step,
      train: n(f.train),
      test: n(f.test),
      correct: n(100 * f.correct[1], 3),
    })
  }

  // The parts of the view.

  build() {
    const { page } = this
    this.playButton = h("button", { class: "button primary play", onclick: () => this.play(!this.playing) })
    const button = (key, f) => h("button", { class: "button", onclick: f }, t(key))
    this.explainButton = h(
      "button",
      { class: "button", "aria-pressed": "false", onclick: () => (this.stepping ? this.endStep() : this.explain()) },
      t("playground.explain"),
    )
    this.speedSelect = h(
      "select",
      {
        onchange: e => {
          this.speed = Number(e.target.value)
          this.write()
          if (this.playing) this.play(true)
        },
      },
      speeds.map(s => h("option", { value: s }, s ? t("playground.perSecond", { steps: s }) : t("playground.fast"))),
    )
    this.counter = h("output", { class: "number counter" })
    const bar = h(
      "div",
      { class: "bar panel", role: "toolbar", "aria-label": t("playground.controls") },
      h(
        "div",
        { class: "row" },
        this.playButton,
        button("playground.step", () => this.command("step")),
        button("playground.epoch", () => this.command("epoch")),
        button("playground.reset", () => this.command("reset")),
        this.explainButton,
      ),
      h("label", { class: "inline" }, t("playground.speed"), this.speedSelect),
      this.counter,
    )

    this.select = {}
    const select = (key, list, label, parse = x => x) =>
      h(
        "label",
        { class: "field" },
        t(`playground.${key}`),
        (this.select[key] = h(
          "select",
          { onchange: e => this.change({ [key]: parse(e.target.value) }) },
          list.map(x => h("option", { value: x }, label(x))),
        )),
      )
    this.seed = h("input", {
      type: "number",
      min: 0,
      max: 2 ** 32 - 1,
      step: 1,
      class: "number",
      onchange: e => this.change({ seed: Math.max(0, Math.min(2 ** 32 - 1, Math.floor(Number(e.target.value) || 0))) }),
    })
    const settings = h(
      "div",
      { class: "settings panel" },
      select(
        "activation",
        ["tanh", "relu", "leaky-relu", "elu", "sigmoid", "linear"].filter(x => this.choices.activations.includes(x)),
        x => t(`playground.activation.${x}`),
      ),
      select("loss", [], x => x),
      select("optimizer", this.choices.optimizers, x => t(`playground.optimizer.${x}`)),
      select("rate", rates, x => String(x), Number),
      select("decay", decays, x => String(x), Number),
      select("dropout", dropouts, x => String(x), Number),
      h("label", { class: "field" }, t("playground.seed"), this.seed),
    )

    this.thumbs = this.choices.data.map(d => {
      const canvas = h("canvas", { width: 96, height: 96 })
      const input = h("input", {
        type: "radio",
        name: "data",
        value: d.name,
        onchange: () => this.change({ data: d.name }),
      })
      return {
        ...d,
        canvas,
        input,
        label: h("label", { class: "thumb" }, input, canvas, h("span", {}, t(`playground.data.${d.name}`))),
      }
    })
    this.sliders = {}
    const slider = (key, min, max, step, text) => {
      const output = h("output")
      const input = h("input", {
        type: "range",
        min,
        max,
        step,
        oninput: e => {
          output.textContent = text(Number(e.target.value))
        },
        onchange: e => this.change({ [key]: Number(e.target.value) }),
      })
      this.sliders[key] = { input, output, text }
      return h("label", { class: "field" }, h("span", { class: "between" }, t(`playground.${key}`), output), input)
    }
    const percent = v => `${Math.round(v * 100)}%`
    const data = h(
      "section",
      { class: "data panel", "aria-label": t("playground.dataTitle") },
      h("h2", {}, t("playground.dataTitle")),
      h(
        "div",
        { class: "thumbs", role: "radiogroup", "aria-label": t("playground.dataTitle") },
        this.thumbs.map(x => x.label),
      ),
      slider("noise", 0, 0.5, 0.05, percent),
      slider("train", 0.1, 0.9, 0.1, percent),
      slider("batch", 1, this.choices.batch, 1, String),
    )

    this.layerCount = h("span", { class: "number" })
    this.lessLayers = h(
      "button",
      {
        class: "mini",
        "aria-label": t("playground.lessLayers"),
        title: t("playground.lessLayers"),
        onclick: () => this.layers(-1),
      },
      "−",
    )
    this.moreLayers = h(
      "button",
      {
        class: "mini",
        "aria-label": t("playground.moreLayers"),
        title: t("playground.moreLayers"),
        onclick: () => this.layers(1),
      },
      "+",
    )
    this.drawing = h("div", { class: "network" })
    this.detail = h("div", { class: "detail", "aria-live": "off" })
    const middle = h(
      "section",
      { class: "middle panel", "aria-label": t("playground.network") },
      h(
        "div",
        { class: "row" },
        h("h2", {}, t("playground.network")),
        h("span", { class: "spacer" }),
        this.lessLayers,
        this.layerCount,
        this.moreLayers,
      ),
      this.drawing,
      this.detail,
    )

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
    this.testBox = h("input", {
      type: "checkbox",
      onchange: e => {
        this.showTest = e.target.checked
        this.write()
        this.samples()
      },
    })
    this.numbers = h("dl", { class: "losses number" })
    this.chartRoot = h("div", { class: "curves" })
    const output = h(
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
      this.chartRoot,
    )

    this.root.replaceChildren(
      h("p", { class: "hint" }, t("playground.try")),
      bar,
      settings,
      h("div", { class: "columns" }, data, middle, output),
    )
    this.curves = chart(this.chartRoot, {
      page,
      height: 130,
      legend: false,
      curves: [
        { label: t("playground.trainLoss"), color: 0 },
        { label: t("playground.testLoss"), color: 1 },
      ],
    })
    this.network = new Network(this.drawing, page, this.choices, {
      toggle: name => this.toggle(name),
      count: (layer, change) => this.count(layer, change),
      select: which => this.chosen(which),
    })
    this.stepper = new Stepper(h("div", { class: "stepper" }), page, {
      show: o => this.network.setOverlay(o),
      end: () => this.endStep(),
      again: () => this.explain(),
    })
    this.network.build(this.settings)
    this.controls()
    this.buttons()
    this.chosen(null)
    onTheme(() => {
      this.network.paintInputs()
      this.thumbnails()
      this.samples()
      this.legend()
      if (this.frame) this.drawFrame()
    }, page.signal)
    new ResizeObserver(() => this.samples()).observe(this.picture)
    this.thumbnails()
    this.legend()
  }

  // controls shows the settings in the controls.
  controls() {
    const s = this.settings
    for (const x of this.thumbs) x.input.checked = x.name === s.data
    this.select.loss.replaceChildren(...this.losses().map(x => h("option", { value: x }, t(`playground.loss.${x}`))))
    for (const [key, e] of Object.entries(this.select)) {
      if (![...e.options].some(o => o.value === String(s[key])))
        e.append(h("option", { value: s[key] }, String(s[key])))
      e.value = String(s[key])
    }
    for (const [key, { input, output, text }] of Object.entries(this.sliders)) {
      input.value = s[key]
      output.textContent = text(s[key])
    }
    this.seed.value = s.seed
    this.speedSelect.value = this.speed
    this.testBox.checked = this.showTest
    this.layerCount.textContent = t("playground.hiddenLayers", { layers: s.hidden.length })
    this.lessLayers.disabled = s.hidden.length === 0
    this.moreLayers.disabled = s.hidden.length >= this.choices.layers
  }

  buttons() {
    this.playButton.textContent = this.playing ? `❚❚ ${t("playground.pause")}` : `▶ ${t("playground.play")}`
  }

  toggle(name) {
    const on = this.settings.inputs.includes(name)
    const inputs = this.choices.inputs.filter(x => (x === name ? !on : this.settings.inputs.includes(x)))
    if (inputs.length) this.change({ inputs }, true)
    else this.page.say(t("playground.oneInput"))
  }

  count(layer, change) {
    const hidden = [...this.settings.hidden]
    hidden[layer] += change
    if (hidden[layer] > this.choices.neurons) return
    if (hidden[layer] < 1) hidden.splice(layer, 1)
    this.change({ hidden }, true)
  }

  layers(change) {
    const hidden =
      change > 0
        ? [...this.settings.hidden, Math.min(this.settings.hidden.at(-1) ?? 4, 4)]
        : this.settings.hidden.slice(0, -1)
    this.change({ hidden }, true)
  }

  // Step mode.

  async explain() {
    const sample = this.sample ?? 0
    this.sample = (sample + 1) % (this.trained?.length ?? 1)
    const settings = structuredClone(this.settings)
    const trace = await this.command("trace", { sample })
    if (!trace) return
    this.stepping = true
    this.trace = trace
    this.explainButton.setAttribute("aria-pressed", "true")
    this.network.pinned = false
    this.network.select(null)
    this.detail.replaceChildren(this.stepper.root)
    this.stepper.start(trace, settings, this.classes)
    this.samples()
    this.detail.scrollIntoView({ block: "nearest", behavior: this.page.still() ? "auto" : "smooth" })
  }

  endStep() {
    this.stepper.close()
    this.stepping = false
    this.explainButton.setAttribute("aria-pressed", "false")
    this.network.setOverlay(null)
    this.chosen(null)
    this.samples()
    if (this.frame) this.drawFrame()
  }

  // chosen shows a neuron's surface and formula, or the output's.
  chosen(which) {
    this.which = which
    if (this.stepping) {
      if (which) this.stepper.setFocus(which.layer, which.index)
      return
    }
    this.describe()
    this.drawSurface()
  }

  describe() {
    const which = this.which
    if (!which || !this.frame?.weights[which.layer]) {
      this.detail.replaceChildren(h("p", { class: "hint" }, t("playground.pick")))
      return
    }
    const { layer, index } = which
    const last = layer === this.settings.hidden.length
    const width = layer === 0 ? this.settings.inputs.length : this.settings.hidden[layer - 1]
    const w = this.frame.weights[layer].slice(index * width, (index + 1) * width)
    const b = this.frame.biases[layer][index]
    const sum = weightedSum(w, w, b)
    const f = last ? (this.classes ? "sigmoid" : "linear") : this.settings.activation
    const from = layer === 0 ? w.map((_, i) => `a${sub(i)} = ${featureNames[this.settings.inputs[i]]}`).join(",  ") : ""
    this.detail.replaceChildren(
      h(
        "h3",
        {},
        last ? t("playground.outputLabel") : t("playground.neuronLabel", { layer: layer + 1, index: index + 1 }),
      ),
      h(
        "div",
        { class: "formula", tabindex: "0", role: "region", "aria-label": t("playground.formula") },
        h("div", {}, `z = ${sum.symbols}`),
        h("div", {}, `  = ${[...w.map((x, i) => `a${sub(i)}·${paren(x)}`), paren(b)].join(" + ")}`),
        h("div", {}, `${last ? "y′" : "a"} = ${applied(f, "z")}${from ? "      " + from : ""}`),
      ),
    )
  }

  // Drawing.

  drawFrame() {
    if (!this.frame || this.frame.weights.length !== this.settings.hidden.length + 1) return // of other settings
    if (this.frame.weights.some((w, l) => w.length !== this.inputsOf(l) * (this.settings.hidden[l] ?? 1))) return
    this.network.draw(this.frame)
    this.drawSurface()
    if (this.which && !this.stepping) this.describe()
    const f = this.frame
    this.counter.textContent = t("playground.counter", {
      step: f.step.toLocaleString("en").replaceAll(",", " "),
      epoch: f.epoch.toFixed(f.epoch < 10 ? 1 : 0),
    })
    const line = (key, loss, correct, i) => [
      h("dt", {}, h("i", { class: `dot s${i}` }), t(key)),
      h("dd", {}, n(loss)),
      h("dd", {}, this.classes ? `${(100 * correct).toFixed(1)}%` : ""),
    ]
    this.numbers.replaceChildren(
      h("dt"),
      h("dd", { class: "hint" }, t("playground.lossColumn")),
      h("dd", { class: "hint" }, this.classes ? t("playground.correct") : ""),
      ...line("playground.trainLoss", f.train, f.correct[0], 0),
      ...line("playground.testLoss", f.test, f.correct[1], 1),
    )
    const now = performance.now()
    clearTimeout(this.later)
    if (now - this.drawn > 200) {
      this.drawn = now
      this.curves.set(this.history)
    } else {
      this.later = setTimeout(() => this.curves.set(this.history), 250)
    }
  }

  inputsOf(layer) {
    return layer === 0 ? this.settings.inputs.length : this.settings.hidden[layer - 1]
  }

  drawSurface() {
    const f = this.frame
    if (!f) return
    const half = this.choices.grid / 2
    const hidden = this.settings.hidden
    const before = l => hidden.slice(0, l).reduce((a, b) => a + b, 0)
    const neurons = before(hidden.length)
    if (f.surfaces.length !== neurons * half * half + this.choices.grid ** 2) return
    const inner = this.which && this.which.layer < hidden.length
    const k = inner ? before(this.which.layer) + this.which.index : neurons
    const size = inner ? half : this.choices.grid
    const at = k * half * half
    paintBytes(this.surface, f.surfaces.subarray(at, at + size * size), size, size)
    this.points.style.opacity = inner ? 0.45 : 1
    this.caption.textContent = inner
      ? t("playground.neuronLabel", { layer: this.which.layer + 1, index: this.which.index + 1 })
      : ""
    const s = f.scales[k]
    const ends = this.scale.querySelectorAll("span")
    const probability = this.classes && !inner
    ends[0].textContent = probability ? "y′ = 0" : n(-s, 2)
    ends[1].textContent = probability ? "y′ = 1" : n(s, 2)
    if (!this.playing || !this.labelled) {
      this.labelled = true
      this.picture.setAttribute("aria-label", this.sentence())
    }
  }

  // legend paints the scale's colors.
  legend() {
    paint(
      this.scale.querySelector("canvas"),
      Float32Array.from({ length: 128 }, (_, i) => (2 * i) / 127 - 1),
      128,
      1,
    )
  }

  samples() {
    if (!this.trained) return
    const ratio = devicePixelRatio || 1
    const size = this.picture.clientWidth
    const canvas = this.points
    canvas.width = canvas.height = size * ratio
    const c = canvas.getContext("2d")
    c.scale(ratio, ratio)
    this.dots(c, size, this.trained, false)
    if (this.showTest) this.dots(c, size, this.tested, true)
    if (this.stepping) {
      const [x, y] = this.trace.sample
      c.lineWidth = 2.5
      c.strokeStyle = color("--text")
      c.beginPath()
      c.arc(this.at(x, size), this.at(-y, size), 9, 0, 7)
      c.stroke()
    }
  }

  at(v, size) {
    return (size * (v / this.choices.reach + 1)) / 2
  }

  // dots draws samples in the color of their targets; those that are tested are squares.
  dots(c, size, samples, square) {
    const r = size < 150 ? 1.6 : 3.2
    c.lineWidth = size < 150 ? 0 : 1
    c.strokeStyle = color("--raised")
    for (const [x, y, target] of samples) {
      c.fillStyle = css(diverging(this.data().classes ? 2 * target - 1 : Math.max(-1, Math.min(1, target))))
      c.beginPath()
      if (square) c.rect(this.at(x, size) - r, this.at(-y, size) - r, 2 * r, 2 * r)
      else c.arc(this.at(x, size), this.at(-y, size), r, 0, 7)
      c.fill()
      if (c.lineWidth && size >= 150) c.stroke()
    }
  }

  thumbnails() {
    for (const x of this.thumbs) {
      const c = x.canvas.getContext("2d")
      c.clearRect(0, 0, 96, 96)
      for (const [px, py, target] of x.samples) {
        c.fillStyle = css(diverging(x.classes ? 2 * target - 1 : target))
        c.beginPath()
        c.arc(this.at(px, 96), this.at(-py, 96), 2.6, 0, 7)
        c.fill()
      }
    }
  }

  close() {
    this.stepper?.close()
    clearTimeout(this.later)
    this.stop?.()
  }
}
