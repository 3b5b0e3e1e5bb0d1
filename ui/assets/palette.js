// The colors of numbers. One diverging palette: blue for negative, the background for zero, orange for positive. One
// sequential palette: from the background to violet, for probabilities. Both are told apart by color-blind readers.

const parse = text => {
  const hex = text.trim().replace("#", "")
  return [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16))
}
const variable = name => getComputedStyle(document.documentElement).getPropertyValue(name)

let tables = null

// load computes the tables of the theme: linear between the colors, in steps of 1/255.
function load() {
  const zero = parse(variable("--zero"))
  const ramp = end =>
    Array.from({ length: 256 }, (_, i) => {
      const w = (i / 255) ** 0.85 // small values stay visible
      return zero.map((z, c) => Math.round(z + (end[c] - z) * w))
    })
  tables = {
    negative: ramp(parse(variable("--negative"))),
    positive: ramp(parse(variable("--positive"))),
    probability: ramp(parse(variable("--probability"))),
  }
  tables.bytes = Array.from({ length: 256 }, (_, i) => diverging(Math.max(-1, (i - 128) / 127)))
}

const step = v => Math.min(255, Math.round(Math.abs(v) * 255)) || 0

export function diverging(v) {
  if (!tables) load()
  return (v < 0 ? tables.negative : tables.positive)[step(v)]
}

export function sequential(v) {
  if (!tables) load()
  return tables.probability[step(Math.max(v, 0))]
}

export const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`

// ink returns the color of text on a color: black or white, whichever differs more.
export function ink(c) {
  const [r, g, b] = c.map(v => {
    v /= 255
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff" // where 1.05/(y + 0.05) = (y + 0.05)/0.05
}

export const series = i => variable(`--series-${i % 8}`).trim()

export const color = name => variable(name).trim()

// paint fills canvas with width×height pixels, row by row; CSS scales them.
export function paint(canvas, values, width, height, map = diverging) {
  if (canvas.width !== width || canvas.height !== height || !canvas.pixels) {
    canvas.width = width
    canvas.height = height
    canvas.context = canvas.getContext("2d")
    canvas.image = canvas.context.createImageData(width, height)
    canvas.pixels = new Uint32Array(canvas.image.data.buffer)
  }
  const { pixels } = canvas
  for (let i = 0; i < values.length; i++) {
    const c = map(values[i])
    pixels[i] = 0xff000000 | (c[2] << 16) | (c[1] << 8) | c[0]
  }
  canvas.context.putImageData(canvas.image, 0, 0)
}

// paintBytes is paint for an Int8Array, whose −127…127 are −1…1 of the diverging palette.
export function paintBytes(canvas, bytes, width, height) {
  if (!tables) load()
  paint(canvas, bytes, width, height, byteColor)
}

const byteColor = v => tables.bytes[v + 128]

// onTheme calls f after each change of the theme, until signal.
export function onTheme(f, signal) {
  const changed = () => f()
  addEventListener("lamina-theme", changed, { signal })
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal })
}

const forget = () => {
  tables = null
}
addEventListener("lamina-theme", forget)
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forget)
