// The controls of the playground: the toolbar, the settings and the data.
import { h, t } from "../../page.js"
import { place, tint } from "./output.js"

export const speeds = [1, 10, 60, 300, 0] // steps a second; 0 is as many as possible
const rates = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]
const decays = [0, 0.0001, 0.001, 0.01, 0.1]
const dropouts = [0, 0.1, 0.2, 0.3, 0.5]

export class Controls {
  // act has what the controls call: play(), command(action), explain(), speed(stepsPerSecond), change(settings).
  constructor(choices, act) {
    Object.assign(this, { choices, act })
    this.buildBar()
    this.buildSettings()
    this.buildData()
  }

  buildBar() {
    this.playButton = h("button", { class: "button primary play", onclick: () => this.act.play() })
    const button = (key, f) => h("button", { class: "button", onclick: f }, t(key))
    this.explainButton = h(
      "button",
      { class: "button", "aria-pressed": "false", onclick: () => this.act.explain() },
      t("playground.explain"),
    )
    this.speedSelect = h(
      "select",
      { onchange: e => this.act.speed(Number(e.target.value)) },
      speeds.map(s => h("option", { value: s }, s ? t("playground.perSecond", { steps: s }) : t("playground.fast"))),
    )
    this.counter = h("output", { class: "number counter" })
    this.bar = h(
      "div",
      { class: "bar panel", role: "toolbar", "aria-label": t("playground.controls") },
      h(
        "div",
        { class: "row" },
        this.playButton,
        button("playground.step", () => this.act.command("step")),
        button("playground.epoch", () => this.act.command("epoch")),
        button("playground.reset", () => this.act.command("reset")),
        this.explainButton,
      ),
      h("label", { class: "inline" }, t("playground.speed"), this.speedSelect),
      this.counter,
    )
  }

  buildSettings() {
    this.select = {}
    const select = (key, list, label, parse = x => x) =>
      h(
        "label",
        { class: "field" },
        t(`playground.${key}`),
        (this.select[key] = h(
          "select",
          { onchange: e => this.act.change({ [key]: parse(e.target.value) }) },
          list.map(x => h("option", { value: x }, label(x))),
        )),
      )
    this.seed = h("input", {
      type: "number",
      min: 0,
      max: 2 ** 32 - 1,
      step: 1,
      class: "number",
      onchange: e =>
        this.act.change({ seed: Math.max(0, Math.min(2 ** 32 - 1, Math.floor(Number(e.target.value) || 0))) }),
    })
    this.settings = h(
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
  }

  buildData() {
    this.thumbs = this.choices.data.map(d => {
      const canvas = h("canvas", { width: 96, height: 96 })
      const input = h("input", {
        type: "radio",
        name: "data",
        value: d.name,
        onchange: () => this.act.change({ data: d.name }),
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
        onchange: e => this.act.change({ [key]: Number(e.target.value) }),
      })
      this.sliders[key] = { input, output, text }
      return h("label", { class: "field" }, h("span", { class: "between" }, t(`playground.${key}`), output), input)
    }
    const percent = v => `${Math.round(v * 100)}%`
    this.data = h(
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
  }

  // show shows the settings; losses are those that their data can have.
  show(settings, losses, speed) {
    for (const x of this.thumbs) x.input.checked = x.name === settings.data
    this.select.loss.replaceChildren(...losses.map(x => h("option", { value: x }, t(`playground.loss.${x}`))))
    for (const [key, e] of Object.entries(this.select)) {
      const value = settings[key]
      if (![...e.options].some(o => o.value === String(value))) e.append(h("option", { value }, String(value)))
      e.value = String(value)
    }
    for (const [key, { input, output, text }] of Object.entries(this.sliders)) {
      input.value = settings[key]
      output.textContent = text(settings[key])
    }
    this.seed.value = settings.seed
    this.speedSelect.value = speed
  }

  showPlaying(on) {
    this.playButton.textContent = on ? `❚❚ ${t("playground.pause")}` : `▶ ${t("playground.play")}`
  }

  showStepping(on) {
    this.explainButton.setAttribute("aria-pressed", String(on))
  }

  showCounter(step, epoch) {
    this.counter.textContent = t("playground.counter", {
      step: step.toLocaleString("en").replaceAll(",", " "),
      epoch: epoch.toFixed(epoch < 10 ? 1 : 0),
    })
  }

  // drawThumbnails draws the samples of each data set.
  drawThumbnails() {
    const { reach } = this.choices
    for (const x of this.thumbs) {
      const c = x.canvas.getContext("2d")
      c.clearRect(0, 0, 96, 96)
      for (const [px, py, target] of x.samples) {
        c.fillStyle = tint(target, x.classes)
        c.beginPath()
        c.arc(place(px, 96, reach), place(-py, 96, reach), 2.6, 0, 7)
        c.fill()
      }
    }
  }
}
