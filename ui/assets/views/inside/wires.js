// The wires from a neuron to those inputs that contribute most to its sum.
import { color } from "../../palette.js"

// drawWires draws on canvas, which lies over figure. to is the neuron's place in the window, from the places of its inputs
// with what each contributes: [{at: [x, y], product}], the largest first. Orange raises the sum, blue lowers it.
export function drawWires(canvas, figure, to, from, upright) {
  const box = figure.getBoundingClientRect()
  const ratio = devicePixelRatio || 1
  canvas.width = Math.round(figure.clientWidth * ratio)
  canvas.height = Math.round(figure.clientHeight * ratio)
  canvas.style.width = `${figure.clientWidth}px`
  canvas.style.height = `${figure.clientHeight}px`
  const context = canvas.getContext("2d")
  context.scale(ratio, ratio)
  const most = Math.max(...from.map(f => Math.abs(f.product))) || 1
  const [x1, y1] = [to[0] - box.left, to[1] - box.top]
  for (const { at, product } of [...from].reverse()) {
    if (product === 0) continue
    const [x0, y0] = [at[0] - box.left, at[1] - box.top]
    const size = Math.abs(product) / most
    context.globalAlpha = 0.25 + 0.75 * size
    context.strokeStyle = color(product < 0 ? "--negative" : "--positive")
    context.lineWidth = 0.5 + 2.5 * size
    context.beginPath()
    context.moveTo(x0, y0)
    if (upright) context.bezierCurveTo(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2, x1, y1)
    else context.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1)
    context.stroke()
  }
}
