// What each patch of a picture looks at: the picture, bright where the chosen patch looks, and a map for each head.
import { h, t } from "../../page.js"
import { color, paint, sequential } from "../../palette.js"

const SIDE = 384 // pixels of the drawn picture

// pictureView returns {root, show(image, patches), draw(row, focus), thumb(canvas, row, focus)}. focus 0 is the class's
// vector, i is the patch i−1. pick(focus, held) is called when the reader points at a patch, or, held, chooses it.
export function pictureView(page, pick) {
  let image = null
  let patches = 1 // in a row and in a column
  let focus = 0
  const canvas = h("canvas", { role: "img", width: SIDE, height: SIDE, tabindex: 0 })
  const whole = h("button", { class: "button", onclick: () => pick(0, true) }, t("attention.class"))
  const root = h(
    "div",
    { class: "picture" },
    h("p", { class: "hint" }, t("attention.patches")),
    canvas,
    h("div", { class: "row" }, whole),
  )

  const patchAt = e => {
    const box = canvas.getBoundingClientRect()
    const place = (at, from, size) => Math.min(patches - 1, Math.max(0, Math.floor(((at - from) / size) * patches)))
    return 1 + place(e.clientY, box.top, box.height) * patches + place(e.clientX, box.left, box.width)
  }
  page.on(canvas, "pointermove", e => pick(patchAt(e), false))
  page.on(canvas, "click", e => pick(patchAt(e), true))
  page.on(canvas, "keydown", e => {
    const step = { ArrowUp: -patches, ArrowDown: patches }[e.key]
    const next = focus + step
    if (!step || next < 1 || next > patches * patches) return
    e.preventDefault()
    pick(next, true)
  })

  return {
    root,
    show(shown, count) {
      image = shown
      patches = count
    },
    draw(row, at, label) {
      focus = at
      whole.setAttribute("aria-pressed", at === 0 ? "true" : "false")
      canvas.setAttribute("aria-label", label)
      const context = canvas.getContext("2d")
      const cell = SIDE / patches
      context.globalAlpha = 1
      context.drawImage(image, 0, 0, SIDE, SIDE)
      const most = Math.max(...row.subarray(1)) || 1
      context.fillStyle = color("--bg")
      for (let i = 0; i < patches * patches; i++) {
        context.globalAlpha = 0.85 * (1 - row[i + 1] / most)
        const x = Math.round((i % patches) * cell),
          y = Math.round(Math.floor(i / patches) * cell)
        context.fillRect(
          x,
          y,
          Math.round(((i % patches) + 1) * cell) - x,
          Math.round((Math.floor(i / patches) + 1) * cell) - y,
        )
      }
      context.globalAlpha = 1
      if (at === 0) return
      context.strokeStyle = color("--positive")
      context.lineWidth = 3
      context.strokeRect(((at - 1) % patches) * cell, Math.floor((at - 1) / patches) * cell, cell, cell)
    },
    // thumb draws where a head looks.
    thumb(canvas, row) {
      const most = Math.max(...row.subarray(1)) || 1
      paint(
        canvas,
        row.subarray(1).map(w => w / most),
        patches,
        patches,
        sequential,
      )
    },
    // nameOf returns a vector's name.
    nameOf: i =>
      i === 0
        ? t("attention.classVector")
        : t("attention.patch", { row: 1 + Math.floor((i - 1) / patches), column: 1 + ((i - 1) % patches) }),
  }
}
