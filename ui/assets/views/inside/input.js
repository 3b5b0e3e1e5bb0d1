// The input layer: the pixels that the network gets, and over them what its answer depends on.
import { h, t, n } from "../../page.js"
import { color, diverging, sequential } from "../../palette.js"
import { largest, nameOf, surface } from "./columns.js"

// ink returns the color of a gray pixel: from the background to the color of text.
function ink() {
  const parse = name => {
    const c = color(name)
    return [1, 3, 5].map(i => parseInt(c.slice(i, i + 2), 16))
  }
  const [zero, full] = [parse("--zero"), parse("--text")]
  const table = Array.from({ length: 256 }, (_, i) => zero.map((z, c) => Math.round(z + ((full[c] - z) * i) / 255)))
  return v => table[Math.min(255, Math.max(0, Math.round(v * 255)))]
}

// inputLayer returns {root, draw(network, seen, heat), center(i)}: center is the middle of pixel i in the window.
export function inputLayer(page, tip) {
  let shape = [1, 1, 1] // [channels, height, width]
  let gray = [] // pixels from 0 to 1, the mean of the channels
  let fields = null // names of the numbers, if the input is a row of a table
  let cursor = -1
  let last = null // the arguments of draw
  const pixels = h("canvas", { class: "pixels", tabindex: 0, role: "application" })
  const heat = h("canvas", { class: "heat", "aria-hidden": "true" })
  const kind = h("p", { class: "kind" })
  const list = h("ul", { class: "fields number" })
  const title = h("h3", {}, t("inside.inputLayer"))
  const root = h("div", { class: "column first" }, title, kind, h("div", { class: "over" }, pixels, heat, list))
  pixels.setAttribute("aria-label", `${t("inside.sight")}. ${t("inside.arrowsPixels")}`)
  surface(pixels, tip, {
    shape: () => [1, shape[1], shape[2]],
    grid: () => ({ count: 1, across: 1, w: shape[2], h: shape[1], gap: 0, scale: pixels.clientWidth / shape[2] }),
    values: () => (fields ? last[1].pixels : gray),
    name: i => fields?.[i] ?? nameOf([1, shape[1], shape[2]], i),
    open: () => {},
    cursor: {
      get: () => cursor,
      set: i => {
        cursor = i
        draw(...last)
      },
      say: text => page.say(text),
    },
  })
  pixels.addEventListener("blur", () => {
    cursor = -1
    if (last) draw(...last)
  })

  function draw(network, seen, found) {
    last = [network, seen, found]
    shape = network.shape
    fields = network.fields
    const [channels, height, width] = shape
    const area = height * width
    const values = seen.pixels.map(v => (v - network.low) / (network.high - network.low))
    gray = Float32Array.from({ length: area }, (_, i) => {
      let sum = 0
      for (let c = 0; c < channels; c++) sum += values[c * area + i]
      return sum / channels
    })
    const byte = v => Math.round(255 * Math.min(1, Math.max(0, v)))
    const map = ink()
    let colorOf = i => map(gray[i])
    if (channels === 3) colorOf = i => [0, 1, 2].map(c => byte(values[c * area + i]))
    if (fields) colorOf = i => diverging(2 * gray[i] - 1)
    const sizes = fields ? t("inside.neurons", { count: height }) : t("inside.pixels", { height, width })
    kind.replaceChildren(t("inside.sight"), h("span", { class: "line" }, ", "), sizes)
    root.classList.toggle("table", !!fields)
    list.replaceChildren(...(fields ?? []).map((name, i) => h("li", {}, `${name} ${n(seen.pixels[i], 3)}`)))
    pixels.width = width
    pixels.height = height
    const context = pixels.getContext("2d")
    const image = context.createImageData(width, height)
    for (let i = 0; i < area; i++) {
      image.data.set(colorOf(i), 4 * i)
      image.data[4 * i + 3] = 255
    }
    context.putImageData(image, 0, 0)
    if (cursor >= 0) {
      context.fillStyle = color("--accent")
      context.fillRect(cursor % width, Math.floor(cursor / width), 1, 1)
    }
    drawHeat(found)
  }

  function drawHeat(found) {
    heat.hidden = !found
    if (!found) return
    const [height, width] = found.shape
    const most = largest(found.values) || 1
    heat.width = width
    heat.height = height
    const context = heat.getContext("2d")
    const image = context.createImageData(width, height)
    const map = found.values.some(v => v < 0) ? diverging : sequential
    found.values.forEach((v, i) => {
      image.data.set(map(v / most), 4 * i)
      image.data[4 * i + 3] = Math.round(230 * Math.min(1, Math.abs(v) / most) ** 0.7)
    })
    context.putImageData(image, 0, 0)
  }

  function center(i) {
    const at = pixels.getBoundingClientRect()
    const [, height, width] = shape
    const row = Math.floor(i / width) % height
    const { top, bottom } = pixels.parentElement.getBoundingClientRect() // where a long list is cut
    const y = Math.min(Math.max(at.top + ((row + 0.5) * at.height) / height, top), bottom)
    return [at.left + (((i % width) + 0.5) * at.width) / width, y]
  }
  return { root, draw, center }
}
