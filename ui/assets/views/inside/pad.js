// The pad, on which one draws a digit with a pointer or with the keyboard.
import { h, t } from "../../page.js"
import { color, onTheme } from "../../palette.js"

const SIDE = 280 // units of a side, in which strokes are stored
const SENT = 112 // pixels of a side of what is sent to the server
const PEN = 20 // width of the pen
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// pad returns {root, clear(), undo(), ink(), text(), read(text), empty()}. changed is called after each change.
export function pad(page, changed) {
  let strokes = [] // lists of [x, y]
  let stroke = null // the one under way
  let pen = null // the keyboard's: {x, y, down}
  const canvas = h("canvas", {
    class: "pad",
    width: 2 * SIDE,
    height: 2 * SIDE,
    tabindex: 0,
    role: "application",
    "aria-label": t("inside.pad"),
  })
  const gray = new OffscreenCanvas(SENT, SENT).getContext("2d", { willReadFrequently: true })

  const lines = (context, scale, style) => {
    context.lineCap = context.lineJoin = "round"
    context.lineWidth = PEN * scale
    context.strokeStyle = context.fillStyle = style
    for (const points of strokes) {
      context.beginPath()
      points.forEach(([x, y], i) => (i ? context.lineTo(x * scale, y * scale) : context.moveTo(x * scale, y * scale)))
      if (points.length === 1) context.lineTo(points[0][0] * scale + 0.01, points[0][1] * scale)
      context.stroke()
    }
  }
  const draw = () => {
    const context = canvas.getContext("2d")
    context.clearRect(0, 0, canvas.width, canvas.height)
    lines(context, 2, color("--text"))
    if (!strokes.length) {
      context.fillStyle = color("--muted")
      context.font = "30px system-ui, sans-serif"
      context.textAlign = "center"
      context.fillText(t("inside.here"), SIDE, SIDE)
    }
    if (pen) {
      context.strokeStyle = color("--accent")
      context.lineWidth = 3
      context.beginPath()
      context.arc(2 * pen.x, 2 * pen.y, pen.down ? PEN : PEN + 6, 0, 7)
      context.stroke()
    }
  }
  const update = () => {
    page.frame(draw)
    changed()
  }
  const at = e => {
    const box = canvas.getBoundingClientRect()
    const inside = v => Math.round(Math.min(Math.max(v, 0), 1) * SIDE)
    return [inside((e.clientX - box.left) / box.width), inside((e.clientY - box.top) / box.height)]
  }
  canvas.addEventListener("pointerdown", e => {
    if (e.button) return
    canvas.setPointerCapture(e.pointerId)
    pen = null
    strokes.push((stroke = [at(e)]))
    update()
  })
  canvas.addEventListener("pointermove", e => {
    if (!stroke) return
    for (const c of e.getCoalescedEvents?.().length ? e.getCoalescedEvents() : [e]) {
      const p = at(c)
      const [x, y] = stroke.at(-1)
      if (Math.hypot(p[0] - x, p[1] - y) >= 3) stroke.push(p)
    }
    update()
  })
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      stroke = null
      update()
    })
  canvas.addEventListener("keydown", e => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key]
    if (!step && e.key !== " ") return
    e.preventDefault()
    e.stopPropagation()
    pen ??= { x: SIDE / 2, y: SIDE / 2, down: false }
    if (e.key === " ") {
      pen.down = !pen.down
      if (pen.down) strokes.push([[pen.x, pen.y]])
      page.say(t(pen.down ? "inside.penDown" : "inside.penUp"))
    } else {
      const far = e.shiftKey ? 28 : 14
      pen.x = Math.min(Math.max(pen.x + far * step[0], 0), SIDE)
      pen.y = Math.min(Math.max(pen.y + far * step[1], 0), SIDE)
      if (pen.down) strokes.at(-1).push([pen.x, pen.y])
    }
    update()
  })
  canvas.addEventListener("blur", () => {
    if (pen) {
      pen = null
      page.frame(draw)
    }
  })
  onTheme(() => page.frame(draw), page.signal)
  draw()

  return {
    root: canvas,
    empty: () => !strokes.length,
    clear() {
      strokes = []
      stroke = null
      update()
    },
    undo() {
      strokes.pop()
      stroke = null
      update()
    },
    // ink returns the drawing for the server: white on black.
    ink() {
      gray.fillStyle = "black"
      gray.fillRect(0, 0, SENT, SENT)
      lines(gray, SENT / SIDE, "white")
      const rgba = gray.getImageData(0, 0, SENT, SENT).data
      let bytes = ""
      for (let i = 0; i < rgba.length; i += 4) bytes += String.fromCharCode(rgba[i])
      return { width: SENT, height: SENT, gray: btoa(bytes) }
    },
    // text returns the strokes for the address: two letters a point, "." between strokes; read reads it.
    text() {
      const letter = v => LETTERS[Math.min(63, Math.round((v * 63) / SIDE))]
      return strokes
        .map(points =>
          points
            .filter((_, i) => i % 2 === 0 || i === points.length - 1)
            .map(([x, y]) => letter(x) + letter(y))
            .join(""),
        )
        .join(".")
        .slice(0, 1500)
    },
    read(text) {
      const place = c => (LETTERS.indexOf(c) * SIDE) / 63
      strokes = text
        .split(".")
        .map(s => (s.match(/../g) ?? []).map(p => [place(p[0]), place(p[1])]))
        .filter(points => points.length && points.every(([x, y]) => x >= 0 && y >= 0))
      page.frame(draw)
    },
  }
}
