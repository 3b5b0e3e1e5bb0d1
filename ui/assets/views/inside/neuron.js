// The panel of one neuron: its formula with the current numbers, its inputs and weights as pictures, its largest terms.
import { h, t, n } from "../../page.js"
import { percent } from "./answer.js"
import { tiles, drawTiles, floats, largest, surface, nameOf } from "./columns.js"

const MOST_TERMS = 8 // of the table
const WRITTEN = 3 // of the formula

const below = i => [...String(i)].map(c => "₀₁₂₃₄₅₆₇₈₉"[c]).join("")
const factor = (x, digits = 3) => (x < 0 ? `(${n(x, digits)})` : n(x, digits))
const term = (name, i) => [h("i", {}, name), below(i)]

// activations gives the right side of σ(z) = … for those with a short formula.
const activations = {
  ReLU: "max(0, z)",
  Sigmoid: "1/(1 + e⁻ᶻ)",
  Tanh: "tanh z",
  SiLU: "z/(1 + e⁻ᶻ)",
  Softplus: "ln(1 + eᶻ)",
}

// seen returns the part of the inputs that the neuron sees: {shape, places}, the flat indices of shape's values.
function seen(shape, weights) {
  const all = { shape, places: weights.map((_, i) => i) }
  if (shape.length !== 3) return all
  const [maps, height, width] = shape
  let [top, bottom, left, right] = [height, -1, width, -1]
  const channels = new Set()
  weights.forEach((w, i) => {
    if (w === 0) return
    const x = i % width,
      y = Math.floor(i / width) % height
    channels.add(Math.floor(i / (width * height)))
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
    left = Math.min(left, x)
    right = Math.max(right, x)
  })
  if (bottom < 0 || ((bottom - top + 1) * (right - left + 1) > 0.6 * height * width && channels.size === maps))
    return all
  const list = [...channels].sort((a, b) => a - b)
  const places = []
  for (const c of list)
    for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) places.push((c * height + y) * width + x)
  return { shape: [list.length, bottom - top + 1, right - left + 1], places }
}

// square lays neurons out in a square.
function square(count) {
  const across = Math.ceil(Math.sqrt(count))
  const pitch = Math.max(2, Math.min(14, Math.floor(116 / across)))
  const gap = pitch > 6 ? 1 : 0
  return { count, w: 1, h: 1, across, scale: pitch - gap, gap }
}

function picture(title, values, shape, tip, name, most = largest(values)) {
  const canvas = h("canvas", { role: "img", "aria-label": title })
  const grid = shape.length === 1 ? square(shape[0]) : tiles(shape, 116, false, 116)
  drawTiles(canvas, values, grid, most)
  surface(canvas, tip, { shape: () => shape, grid: () => grid, values: () => values, name })
  return h("figure", {}, h("figcaption", {}, title), h("div", { class: "scroll" }, canvas))
}

// neuronPanel fills root. about: {title, neuron (the server's reply), activation, shape (the layout of the inputs), input (the shape of the
// network's input), probability and temperature (of an output), spot (called with the inputs' flat indices and contributions)}.
export function neuronPanel(root, about, tip, close) {
  const { neuron } = about
  const head = h(
    "div",
    { class: "row head" },
    h("h2", {}, about.title),
    h("button", { class: "quiet icon", "aria-label": t("inside.close"), onclick: close }, "×"),
  )
  const gradient = floats(neuron.gradient)
  const pictures = []
  const parts = [head]
  if (neuron.weighted) {
    const a = floats(neuron.inputs),
      w = floats(neuron.weights)
    const products = a.map((x, i) => x * w[i])
    const order = [...products.keys()]
      .filter(i => w[i] !== 0)
      .sort((i, j) => Math.abs(products[j]) - Math.abs(products[i]))
    const count = order.length
    const written = order.slice(0, WRITTEN)
    const rest = order.slice(WRITTEN).reduce((sum, i) => sum + products[i], 0)
    const dots = count > WRITTEN ? ["… + "] : []
    const last = a.length - 1
    parts.push(
      h(
        "div",
        { class: "formulas number" },
        h(
          "p",
          { class: "formula" },
          count === a.length && count > 2
            ? [
                term("a", 0),
                term("ω", 0),
                " + ",
                term("a", 1),
                term("ω", 1),
                " + … + ",
                term("a", last),
                term("ω", last),
                " + ",
              ]
            : [h("span", {}, "Σ "), h("i", {}, "aᵢωᵢ"), " + "],
          h("i", {}, "b"),
          " = ",
          h("i", {}, "z"),
        ),
        count > 0 &&
          h(
            "p",
            { class: "formula" },
            written.map(i => [term("a", i), term("ω", i), " + "]),
            dots,
            h("i", {}, "b"),
            " = ",
            h("i", {}, "z"),
          ),
        h(
          "p",
          { class: "formula numbers" },
          written.map(i => `${n(a[i], 3)}·${factor(w[i])} + `),
          count > WRITTEN &&
            h("span", { class: "rest", title: t("inside.rest", { count: count - WRITTEN }) }, factor(rest, 4)),
          count > WRITTEN && " + ",
          `${factor(neuron.bias)} = `,
          h("b", {}, n(neuron.sum, 4)),
        ),
      ),
    )
    const part = seen(about.shape, w)
    const pick = values => Float32Array.from(part.places, i => values[i])
    const nameAt = i => about.names?.[i] ?? nameOf(about.shape, i)
    const name = k => nameAt(part.places[k])
    pictures.push(
      picture(t("inside.inputs"), pick(a), part.shape, tip, name),
      picture(t("inside.weights"), pick(w), part.shape, tip, name),
      picture(t("inside.products"), pick(products), part.shape, tip, name),
    )
    const most = Math.abs(products[order[0]]) || 1
    parts.push(
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": t("inside.largest", { count }) },
        h(
          "table",
          { class: "terms number" },
          h("caption", {}, t("inside.largest", { count })),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "i"),
              h("th", { scope: "col" }, t("inside.from")),
              h("th", { scope: "col" }, h("i", {}, "aᵢ")),
              h("th", { scope: "col" }, h("i", {}, "ωᵢ")),
              h("th", { scope: "col", colspan: 2 }, h("i", {}, "aᵢωᵢ")),
            ),
          ),
          h(
            "tbody",
            {},
            order.slice(0, MOST_TERMS).map(i => {
              const bar = h("span", { class: products[i] < 0 ? "bar negative" : "bar" })
              bar.style.width = `${Math.round((72 * Math.abs(products[i])) / most)}px`
              return h(
                "tr",
                {},
                h("td", {}, i),
                h("td", { class: "name" }, nameAt(i)),
                h("td", {}, n(a[i], 3)),
                h("td", {}, n(w[i], 3)),
                h("td", {}, n(products[i], 3)),
                h("td", { class: "drawn" }, bar),
              )
            }),
          ),
        ),
      ),
    )
    about.spot(order.slice(0, 40), products)
  } else {
    parts.push(h("p", { class: "hint" }, t("inside.notWeighted")))
    about.spot([], [])
  }
  const tempered = about.temperature !== 1
  const power = () => h("span", {}, "e", h("sup", {}, h("i", {}, "z"), "/", h("i", {}, "T")))
  const formulas =
    parts.find(p => p.classList.contains("formulas")) ?? parts[parts.push(h("div", { class: "formulas number" })) - 1]
  if (about.activation) {
    const right = activations[about.activation] ?? `${about.activation}(z)`
    formulas.append(
      h("p", { class: "formula" }, h("i", {}, "σ(z)"), " = ", right, " = ", h("b", {}, n(neuron.output, 4))),
    )
  } else if (about.probability !== undefined) {
    formulas.append(
      h(
        "p",
        { class: "formula" },
        t("inside.softmax"),
        tempered ? [" = ", power(), " / Σ ", power(), " = "] : " = eᶻ / Σ eᶻ = ",
        h("b", {}, `${percent(about.probability)}%`),
        tempered && [",  ", h("i", {}, "T"), ` = ${n(about.temperature, 4)}`],
      ),
      tempered && h("p", { class: "hint" }, t("inside.temperature")),
    )
  }
  const [maps, height, width] = about.input
  const area = height * width
  const sums = Float32Array.from({ length: area }, (_, i) => {
    let sum = 0
    for (let c = 0; c < maps; c++) sum += gradient[c * area + i]
    return sum
  })
  const shape = [1, height, width]
  if (!about.fields) pictures.push(picture(t("inside.sees"), sums, shape, tip, k => nameOf(shape, k)))
  const holder = h("div", { class: "pictures" }, pictures)
  const table = parts.findIndex(p => p.classList.contains("scroll"))
  parts.splice(table < 0 ? parts.length : table, 0, holder)
  root.replaceChildren(...parts)
  root.hidden = false
}
