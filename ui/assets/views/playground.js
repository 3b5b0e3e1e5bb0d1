// The view Playground: the engine trains a small network on points of the plane; this module draws it and sends
// commands.
import { h, t, n } from "../page.js"
import { onTheme } from "../palette.js"
import { Controls, speeds } from "./playground/controls.js"
import { Network, featureNames, sub } from "./playground/network.js"
import { Output } from "./playground/output.js"
import { Stepper, weightedSum, applied, paren } from "./playground/steps.js"

const usual = 300 // steps a second

export async function open(root, page) {
  const view = new Playground(root, page)
  await view.begin()
  return view
}

class Playground {
  constructor(root, page) {
    Object.assign(this, { root, page })
    this.playing = false
    this.history = [[], [], []]
    this.diverged = false
  }

  async begin() {
    this.choices = await this.page.get("choices")
    this.read(this.page.params)
    this.build()
    await this.connect().catch(e => this.page.show(e)) // the next command tries again
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
    this.panel.showPlaying(on)
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
    this.classes = s.classes
    this.history = [0, 1, 2].map(i => s.history.map(x => x[i]))
    this.output.setup(s, this.history)
    this.page.frame((this.drawSamples ??= () => this.output.drawSamples()))
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
      this.panel.showPlaying(f.playing)
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
    this.panel = new Controls(this.choices, {
      play: () => this.play(!this.playing),
      command: action => this.command(action),
      explain: () => (this.stepping ? this.endStep() : this.explain()),
      speed: v => {
        this.speed = v
        this.write()
        if (this.playing) this.play(true)
      },
      change: values => this.change(values),
    })
    this.output = new Output(page, this.choices, on => {
      this.showTest = on
      this.write()
      this.output.drawSamples()
    })
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
    this.root.replaceChildren(
      h("p", { class: "hint" }, t("playground.try")),
      this.panel.bar,
      this.panel.settings,
      h("div", { class: "columns" }, this.panel.data, middle, this.output.root),
    )
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
    this.panel.showPlaying(this.playing)
    this.chosen(null)
    onTheme(() => {
      this.network.paintInputs()
      this.panel.drawThumbnails()
      this.output.drawSamples()
      this.output.drawLegend()
      if (this.frame) this.drawFrame()
    }, page.signal)
    this.panel.drawThumbnails()
  }

  // controls shows the settings in the controls.
  controls() {
    const layers = this.settings.hidden.length
    this.panel.show(this.settings, this.losses(), this.speed)
    this.output.testBox.checked = this.showTest
    this.layerCount.textContent = t("playground.hiddenLayers", { layers })
    this.lessLayers.disabled = layers === 0
    this.moreLayers.disabled = layers >= this.choices.layers
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
    this.panel.showStepping(true)
    this.network.pinned = false
    this.network.select(null)
    this.detail.replaceChildren(this.stepper.root)
    this.stepper.start(trace, settings, this.classes)
    this.output.mark(trace.sample)
    this.detail.scrollIntoView({ block: "nearest", behavior: this.page.still() ? "auto" : "smooth" })
  }

  endStep() {
    this.stepper.close()
    this.stepping = false
    this.panel.showStepping(false)
    this.network.setOverlay(null)
    this.chosen(null)
    this.output.mark(null)
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
    this.panel.showCounter(this.frame.step, this.frame.epoch)
    this.output.drawLosses(this.frame, this.history)
  }

  inputsOf(layer) {
    return layer === 0 ? this.settings.inputs.length : this.settings.hidden[layer - 1]
  }

  drawSurface() {
    if (!this.frame || !this.output.drawSurface(this.frame, this.settings.hidden, this.which)) return
    if (!this.playing || !this.labelled) {
      this.labelled = true
      this.output.picture.setAttribute("aria-label", this.sentence())
    }
  }

  close() {
    this.stepper?.close()
    this.output?.close()
    this.stop?.()
  }
}
