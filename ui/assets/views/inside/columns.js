// One column of the figure: a layer's neurons as squares, or its feature maps as thumbnails.
import { h, t, n } from "../../page.js"
import { diverging, css, color } from "../../palette.js"

// floats returns the numbers that the server sent as base64.
export function floats(text) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}

// base64 is the reverse of floats.
export function base64(values) {
  const bytes = new Uint8Array(Float32Array.from(values).buffer)
  let text = ""
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}

export const largest = values => {
  let most = 0
  for (const v of values) {
    const a = Math.abs(v)
    if (a > most && a < Infinity) most = a
  }
  return most
}

// tiles returns how maps or neurons are laid out: {across, count, w, h (of a tile, in values), scale (CSS pixels a value), gap}.
// room is the length in CSS pixels along which they flow: the height of a column, or with wide the width of a row; most is the
// largest extent across.
export function tiles(shape, room, wide, most = 96) {
  const maps = shape.length === 3
  const [count, h, w] = maps ? shape : shape.length === 2 ? [1, ...shape] : [shape[0], 1, 1]
  if (!maps && shape.length === 1) {
    let lines =
      [1, 2, 4, 8, 16, 32, 64].find(
        k => Math.floor(room / Math.ceil(count / k)) >= (count <= 64 ? 13 : count <= 128 ? 11 : count <= 512 ? 10 : 4),
      ) ?? 64
    const along = Math.ceil(count / lines)
    const pitch = Math.max(3, Math.min(24, Math.floor(room / along)))
    const gap = pitch > 8 ? 2 : pitch > 4 ? 1 : 0
    return { count, h, w, scale: pitch - gap, gap, across: wide ? along : lines, round: pitch > 8 }
  }
  const least = Math.max(20, Math.min(h, 28))
  let lines = [1, 2, 3, 4, 6, 8].find(k => room / Math.ceil(count / k) >= least + 4) ?? 8
  if (count > 4 && lines < 2) lines = 2
  const along = Math.ceil(count / lines)
  const side = Math.max(
    16,
    Math.min(count === 1 ? most : 96, Math.floor(room / along) - 4, Math.max(24, Math.floor(most / lines) - 4)),
  )
  const scale = side >= Math.max(h, w) ? Math.floor((4 * side) / Math.max(h, w)) / 4 : side / Math.max(h, w)
  return { count, h, w, scale, gap: 4, across: wide ? along : lines }
}

// tileAt returns the left upper corner of tile i in CSS pixels.
export const tileAt = (g, i) => [
  (i % g.across) * (g.w * g.scale + g.gap),
  Math.floor(i / g.across) * (g.h * g.scale + g.gap),
]

export const extent = g => [
  g.across * (g.w * g.scale + g.gap) - g.gap,
  Math.ceil(g.count / g.across) * (g.h * g.scale + g.gap) - g.gap,
]

// drawTiles draws values in the layout g; numbers are divided by most. chosen is the index of a value that gets a frame.
export function drawTiles(canvas, values, g, most, { map = diverging, chosen = -1 } = {}) {
  const ratio = devicePixelRatio || 1
  const [width, height] = extent(g)
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const context = canvas.getContext("2d")
  context.scale(ratio, ratio)
  const area = g.w * g.h
  if (area === 1) {
    for (let i = 0; i < g.count; i++) {
      const [x, y] = tileAt(g, i)
      context.fillStyle = css(map(values[i] / (most || 1)))
      if (g.round) {
        context.beginPath()
        context.roundRect(x, y, g.scale, g.scale, 3)
        context.fill()
        context.lineWidth = 1
        context.strokeStyle = color("--line")
        context.stroke()
      } else context.fillRect(x, y, g.scale, g.scale)
    }
  } else {
    const one = new OffscreenCanvas(g.w, g.h)
    const pixels = one.getContext("2d")
    const image = pixels.createImageData(g.w, g.h)
    context.imageSmoothingEnabled = g.scale < 1
    for (let i = 0; i < g.count; i++) {
      for (let j = 0; j < area; j++) {
        const c = map(values[i * area + j] / (most || 1))
        image.data.set(c, 4 * j)
        image.data[4 * j + 3] = 255
      }
      pixels.putImageData(image, 0, 0)
      const [x, y] = tileAt(g, i)
      context.drawImage(one, x, y, g.w * g.scale, g.h * g.scale)
    }
  }
  if (chosen >= 0) {
    const [x, y] = corner(g, chosen)
    const side = Math.max(g.scale, 4)
    context.strokeStyle = color("--bg")
    context.lineWidth = 4
    context.strokeRect(x, y, side, side)
    context.strokeStyle = color("--accent")
    context.lineWidth = 2
    context.strokeRect(x, y, side, side)
  }
}

// corner returns the left upper corner of value i in CSS pixels.
export function corner(g, i) {
  const area = g.w * g.h
  const [x, y] = tileAt(g, Math.floor(i / area))
  return [x + ((i % area) % g.w) * g.scale, y + Math.floor((i % area) / g.w) * g.scale]
}

// valueAt returns the index of the value at a place in CSS pixels, or −1.
export function valueAt(g, px, py) {
  const column = Math.floor(px / (g.w * g.scale + g.gap))
  const row = Math.floor(py / (g.h * g.scale + g.gap))
  const x = Math.floor((px - column * (g.w * g.scale + g.gap)) / g.scale)
  const y = Math.floor((py - row * (g.h * g.scale + g.gap)) / g.scale)
  const tile = row * g.across + column
  if (column < 0 || column >= g.across || tile < 0 || tile >= g.count || x < 0 || y < 0 || x >= g.w || y >= g.h)
    return -1
  return tile * g.w * g.h + y * g.w + x
}

// placeOf returns the index of value i in the layer's own shape.
export function placeOf(shape, i) {
  const index = []
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(i % shape[d])
    i = Math.floor(i / shape[d])
  }
  return index
}

// placeInLayer returns the index of a shown value of column c in the layer: shown maps may be smaller.
export function placeInLayer(c, i) {
  const place = placeOf(c.shown, i)
  return c.shape.length === 3
    ? [
        place[0],
        ...[1, 2].map(d => Math.min(Math.floor(((place[d] + 0.5) * c.shape[d]) / c.shown[d]), c.shape[d] - 1)),
      ]
    : place
}

// shownPlace is the reverse: the index of a shown value, or −1.
export function shownPlace(c, index) {
  let at = 0
  for (let d = 0; d < index.length; d++) {
    const v = c.shape.length === 3 && d > 0 ? Math.floor((index[d] * c.shown[d]) / c.shape[d]) : index[d]
    if (v >= c.shown[d]) return -1
    at = at * c.shown[d] + v
  }
  return at
}

export function nameOf(shape, i) {
  const index = placeOf(shape, i)
  if (index.length === 3)
    return t(shape[0] === 1 ? "inside.pixel" : "inside.place", { map: index[0], row: index[1], column: index[2] })
  return index.length === 2
    ? t("inside.cell", { row: index[0], column: index[1] })
    : t("inside.neuron", { number: index[0] })
}

// surface makes a canvas of tiles explorable: hover shows a value, arrows move a cursor, a click or Enter opens a value.
export function surface(canvas, tip, { shape, grid, values, name = i => nameOf(shape(), i), open, cursor }) {
  const show = (i, x, y) => {
    if (i < 0) {
      tip.hide()
      return
    }
    tip.show(`${name(i)}: ${n(values()[i], 4)}`, x, y)
  }
  canvas.addEventListener("pointermove", e => {
    const box = canvas.getBoundingClientRect()
    show(valueAt(grid(), e.clientX - box.left, e.clientY - box.top), e.clientX, e.clientY)
  })
  canvas.addEventListener("pointerleave", () => tip.hide())
  if (!open) return
  canvas.addEventListener("click", e => {
    const box = canvas.getBoundingClientRect()
    const i = valueAt(grid(), e.clientX - box.left, e.clientY - box.top)
    if (i >= 0) open(i)
  })
  canvas.addEventListener("keydown", e => {
    const g = grid()
    const size = g.w * g.h * g.count
    let i = cursor.get()
    const row = g.w * g.h === 1 ? g.across : g.w
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -row,
      ArrowDown: row,
      PageUp: -g.w * g.h,
      PageDown: g.w * g.h,
    }[e.key]
    if (step === undefined && e.key !== "Enter" && e.key !== " ") return
    e.preventDefault()
    e.stopPropagation()
    if (step === undefined) {
      open(Math.max(i, 0))
      return
    }
    i = i < 0 ? 0 : Math.min(Math.max(i + step, 0), size - 1)
    cursor.set(i)
    const [x, y] = corner(g, i)
    const box = canvas.getBoundingClientRect()
    show(i, box.left + x + g.scale, box.top + y)
    cursor.say(`${name(i)}: ${n(values()[i], 3)}`)
  })
  canvas.addEventListener("blur", () => tip.hide())
}

// newTip returns the label that follows the pointer.
export function newTip() {
  const root = h("div", { class: "tip number", hidden: true, "aria-hidden": "true" })
  return {
    root,
    show(text, x, y) {
      root.textContent = text
      root.hidden = false
      root.style.left = `${Math.min(x + 12, innerWidth - root.offsetWidth - 8)}px`
      root.style.top = `${Math.max(y - 34, 4)}px`
    },
    hide() {
      root.hidden = true
    },
  }
}
