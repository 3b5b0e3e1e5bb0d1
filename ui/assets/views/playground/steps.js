// The step mode: one forward and one backward pass on one sample, part by part, with the formula of the part under way.
import { h, t, n } from "../../page.js"
import { featureNames, sub } from "./network.js"

// derivative names σ′ of an activation as a function of z and a.
const derivatives = {
  tanh: "1 − a²",
  sigmoid: "a(1 − a)",
  relu: "z > 0 ? 1 : 0",
  "leaky-relu": "z > 0 ? 1 : 0.01",
  elu: "z > 0 ? 1 : eᶻ",
  linear: "1",
}
export const functionNames = {
  tanh: "tanh",
  sigmoid: "σ",
  relu: "ReLU",
  "leaky-relu": "LeakyReLU",
  elu: "ELU",
  linear: "",
}

// sum writes a₀ω₀ + a₁ω₁ + … + b, with symbols and with numbers.
export function weightedSum(as, ws, b) {
  return {
    symbols: [...as.map((_, i) => `a${sub(i)}ω${sub(i)}`), "b"].join(" + "),
    numbers: [...as.map((a, i) => `${paren(a)}·${paren(ws[i])}`), paren(b)].join(" + "),
  }
}

// applied writes the activation of z.
export function applied(activation, z) {
  const name = functionNames[activation]
  return name ? `${name}(${z})` : z
}

// parts returns the parts of a step: [{title, layer, backward, numbers, show, formula(focus) → lines}].
export function parts(trace, settings, classes) {
  const last = trace.layers.length - 1
  const eta = settings.rate
  const below = layer => (layer === 0 ? trace.inputs : trace.layers[layer - 1].a)
  const activationOf = layer => (layer < last ? settings.activation : classes ? "sigmoid" : "linear")
  const symbol = layer => (layer < last ? "a" : "y′")
  const result = (layer, j) => (layer < last ? trace.layers[layer].a[j] : trace.output)
  const name = layer => (layer < last ? t("playground.part.hidden", { layer: layer + 1 }) : t("playground.part.output"))
  const width = layer => below(layer).length
  const weights = (layer, j) => trace.layers[layer].weights.slice(j * width(layer), (j + 1) * width(layer))
  const values = upto => (layer, i) => (layer > upto ? "" : n(layer < 0 ? trace.inputs[i] : result(layer, i), 2))
  const list = []

  list.push({
    title: t("playground.part.input"),
    layer: -1,
    show: values(-1),
    formula: () => [
      trace.inputs.map((a, i) => `a${sub(i)} = ${featureNames[settings.inputs[i]]} = ${n(a)}`).join(",   "),
      t("playground.part.sample", { x: n(trace.sample[0]), y: n(trace.sample[1]), target: n(trace.sample[2]) }),
    ],
  })
  for (let layer = 0; layer <= last; layer++) {
    list.push({
      title: t("playground.part.forward", { name: name(layer) }),
      layer,
      numbers: (l, j, i) => weights(l, j)[i],
      show: values(layer),
      formula: j => {
        const { z, keep, biases } = trace.layers[layer]
        const s = weightedSum(below(layer), weights(layer, j), biases[j])
        const f = activationOf(layer)
        const [y, value] = [symbol(layer), n(result(layer, j))]
        const lines = [`z = ${s.symbols}`, `= ${s.numbers} = ${n(z[j])}`]
        if (keep) {
          const drop = t("playground.part.dropout")
          lines.push(`${y} = ${applied(f, "z")} · ${drop} = ${applied(f, n(z[j]))} · ${n(keep[j])} = ${value}`)
        } else {
          lines.push(`${y} = ${applied(f, "z")} = ${functionNames[f] ? `${applied(f, n(z[j]))} = ` : ""}${value}`)
        }
        return lines
      },
    })
  }
  const [y, p, L] = [n(trace.sample[2]), n(trace.output), n(trace.loss)]
  const lossFormula = {
    "cross-entropy": [
      `L = −[y·ln y′ + (1 − y)·ln(1 − y′)]`,
      `= ${trace.sample[2] === 1 ? `−ln ${p}` : `−ln(1 − ${p})`} = ${L}`,
      `∂L/∂y′ = (y′ − y) / (y′(1 − y′)) = ${n(trace.dOutput)}`,
    ],
    mse: [`L = (y′ − y)²`, `= (${p} − ${y})² = ${L}`, `∂L/∂y′ = 2(y′ − y) = ${n(trace.dOutput)}`],
    l1: [`L = |y′ − y|`, `= |${p} − ${y}| = ${L}`, `∂L/∂y′ = ${n(trace.dOutput)}`],
  }[settings.loss]
  list.push({
    title: t("playground.part.loss"),
    layer: null,
    show: (layer, i) => (layer === last ? n(trace.output, 2) : ""),
    formula: () => lossFormula,
  })

  for (let layer = last; layer >= 0; layer--) {
    list.push({
      title: t("playground.part.backward", { name: name(layer) }),
      layer,
      backward: true,
      numbers: (l, j, i) => trace.layers[l].dWeights[j * width(l) + i],
      show: (l, i) => (l >= layer ? n(trace.layers[l].dZ[i], 2) : ""),
      formula: j => {
        const { dZ, dA, z, keep } = trace.layers[layer]
        const f = activationOf(layer)
        const lines = []
        let upper = trace.dOutput
        if (layer < last) {
          upper = dA[j]
          const above = trace.layers[layer + 1]
          const terms = above.dZ.map(
            (d, k) => `${paren(above.weights[k * trace.layers[layer].a.length + j])}·${paren(d)}`,
          )
          lines.push(`∂L/∂a = Σ ω·∂L/∂z = ${terms.join(" + ")} = ${n(upper)}`)
        }
        const name = symbol(layer)
        // The chain: symbols, numbers, and what σ′ is.
        const symbols = [`∂L/∂${name}`]
        const factors = [paren(upper)]
        let note = ""
        if (functionNames[f]) {
          symbols.push(`${functionNames[f]}′(z)`)
          factors.push(paren(slopeOf(f, z[j])))
          note = `      ${functionNames[f]}′(z) = ${derivatives[f].replaceAll("a", name)}`
        }
        if (keep) {
          symbols.push(t("playground.part.dropout"))
          factors.push(n(keep[j]))
        }
        lines.push(`∂L/∂z = ${symbols.join(" · ")} = ${factors.join(" · ")} = ${n(dZ[j])}${note}`)
        for (const [i, a] of below(layer).slice(0, 3).entries()) {
          const d = trace.layers[layer].dWeights[j * width(layer) + i]
          lines.push(`∂L/∂ω${sub(i)} = a${sub(i)}·∂L/∂z = ${paren(a)}·${paren(dZ[j])} = ${n(d)}`)
        }
        if (width(layer) > 3) lines.push("…")
        lines.push(`∂L/∂b = ∂L/∂z = ${n(dZ[j])}`)
        return lines
      },
    })
  }
  list.push({
    title: t("playground.part.update"),
    layer: null,
    after: true,
    numbers: (l, j, i) => trace.layers[l].newWeights[j * width(l) + i],
    show: () => "",
    formula: () => {
      const l = trace.layers[0]
      const rule = {
        sgd: ["ω ← ω − η·∂L/∂ω", `ω₀ ← ${n(l.weights[0])} − ${n(eta)}·${paren(l.dWeights[0])} = ${n(l.newWeights[0])}`],
        momentum: ["v ← 0.9·v + ∂L/∂ω,   ω ← ω − η·v", `ω₀: ${n(l.weights[0])} → ${n(l.newWeights[0])}`],
        rmsprop: [
          "s ← 0.99·s + 0.01·(∂L/∂ω)²,   ω ← ω − η·∂L/∂ω / √s",
          `ω₀: ${n(l.weights[0])} → ${n(l.newWeights[0])}`,
        ],
        adam: [
          "m ← 0.9·m + 0.1·∂L/∂ω,   s ← 0.999·s + 0.001·(∂L/∂ω)²,   ω ← ω − η·m̂ / √ŝ",
          `ω₀: ${n(l.weights[0])} → ${n(l.newWeights[0])}`,
        ],
      }[settings.optimizer]
      if (settings.decay) rule.push(t("playground.part.decay", { decay: n(settings.decay) }))
      return [
        ...rule,
        t(settings.dropout ? "playground.part.afterDropout" : "playground.part.after", {
          before: n(trace.before),
          after: n(trace.after),
        }),
      ]
    },
  })
  return list
}

// paren writes a number as a factor.
export const paren = x => (x < 0 ? `(${n(x)})` : n(x))

// slopeOf is σ′(z), for the line of numbers; the engine's gradient is the result behind it.
function slopeOf(f, z) {
  const s = 1 / (1 + Math.exp(-z))
  return {
    tanh: 1 - Math.tanh(z) ** 2,
    sigmoid: s * (1 - s),
    relu: +(z > 0),
    "leaky-relu": z > 0 ? 1 : 0.01,
    elu: z > 0 ? 1 : Math.exp(z),
    linear: 1,
  }[f]
}

// Stepper is the panel of the step mode. on: show(overlay), end(), again(), which asks for the trace of the next
// sample.
export class Stepper {
  constructor(root, page, on) {
    Object.assign(this, { page, on })
    this.title = h("h2")
    this.count = h("span", { class: "number hint" })
    this.formula = h("div", { class: "formula", tabindex: "0", role: "region", "aria-label": t("playground.formula") })
    this.back = h("button", { class: "button", onclick: () => this.go(-1) }, t("playground.back"))
    this.next = h("button", { class: "button primary", onclick: () => this.go(1) }, t("playground.next"))
    this.run = h(
      "button",
      { class: "button", "aria-pressed": "false", onclick: () => this.toggle() },
      t("playground.run"),
    )
    this.root = root
    root.replaceChildren(
      h("div", { class: "row" }, this.title, this.count),
      this.formula,
      h("p", { class: "hint" }, t("playground.stepHint")),
      h(
        "div",
        { class: "row" },
        this.back,
        this.next,
        this.run,
        h("button", { class: "button", onclick: () => on.again() }, t("playground.again")),
        h("button", { class: "button", onclick: () => on.end() }, t("playground.endStep")),
      ),
    )
  }

  start(trace, settings, classes) {
    this.parts = parts(trace, settings, classes)
    this.trace = trace
    this.at = 0
    this.focus = 0
    this.show()
  }

  go(change) {
    const to = this.at + change
    if (to < 0) return
    if (to >= this.parts.length) return this.on.again()
    this.at = to
    this.focus = 0
    this.show()
  }

  // setFocus shows the formula of a neuron of the layer under way.
  setFocus(layer, index) {
    if (this.parts[this.at].layer !== layer) return
    this.focus = index
    this.show(false)
  }

  show(animate = true) {
    const part = this.parts[this.at]
    this.title.textContent = part.title
    this.count.textContent = `${this.at + 1} / ${this.parts.length}`
    this.formula.replaceChildren(...part.formula(this.focus).map(line => h("div", {}, line)))
    this.back.disabled = this.at === 0
    if (animate) this.page.say(`${part.title}. ${this.formula.innerText}`)
    const overlay = {
      layer: part.layer,
      backward: part.backward,
      numbers: part.numbers,
      show: part.show,
      focus: this.focus,
      progress: 1,
      weights: this.trace.layers.map(l => (part.after ? l.newWeights : l.weights)),
    }
    cancelAnimationFrame(this.moving)
    if (!animate || part.layer === null || part.layer < 0 || this.page.still()) return this.on.show(overlay)
    const begin = performance.now()
    const move = now => {
      if (this.page.signal.aborted) return
      overlay.progress = Math.min((now - begin) / 900, 1)
      this.on.show(overlay)
      if (overlay.progress < 1) this.moving = requestAnimationFrame(move)
    }
    this.moving = requestAnimationFrame(move)
  }

  toggle(on = !this.timer) {
    clearInterval(this.timer)
    this.timer = null
    this.run.setAttribute("aria-pressed", String(on))
    this.run.textContent = t(on ? "playground.halt" : "playground.run")
    if (on) this.timer = setInterval(() => (this.at + 1 < this.parts.length ? this.go(1) : this.toggle(false)), 2600)
  }

  close() {
    this.toggle(false)
    cancelAnimationFrame(this.moving)
  }
}
