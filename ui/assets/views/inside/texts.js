// What the view says of a column.
import { h, t, language } from "../../page.js"

const known = [
  "Linear",
  "Conv2d",
  "MaxPool2d",
  "AvgPool2d",
  "BatchNorm2d",
  "Embedding",
  "NumberEmbeddings",
  "memberScale",
  "memberOutput",
]

const kindName = type => (known.includes(type) ? t(`inside.type.${type}`) : type)

// columnTitle returns "Layer 2" for column k of count, or "Output layer".
export const columnTitle = (c, k, count, network) =>
  k === count - 1 && isOutput(c, network) ? t("inside.outputLayer") : t("inside.layer", { number: k + 1 })

// isOutput reports whether a column's neurons are the scores of the classes.
export const isOutput = (c, network) => c.shape.length === 1 && c.shape[0] === network.classes.length

// columnKind returns the kind of the layer, its activation and its size.
export const columnKind = c => [
  kindName(c.type),
  c.activation ? ` → ${c.activation}` : "",
  h("span", { class: "line" }, ", "),
  sizeText(c),
]

function sizeText(c) {
  if (c.shape.length === 3) return t("inside.maps", { count: c.shape[0], height: c.shape[1], width: c.shape[2] })
  return c.shape.length === 1 ? t("inside.neurons", { count: c.shape[0] }) : c.shape.join("×")
}

// columnText returns a sentence such as "Layer 2: convolution → ReLU, 16 maps of 8×8."
export function columnText(c, title) {
  const kind = kindName(c.type) + (c.activation ? ` → ${c.activation}` : "")
  return t("inside.column", { layer: title, kind, size: sizeText(c) })
}

// columnStory says what a column computed.
export function columnStory(c, title) {
  const zeros = c.values.reduce((sum, v) => sum + (v === 0), 0) / (c.values.length || 1)
  const parts = [columnText(c, title)]
  if (known.includes(c.type)) parts.push(t(`inside.does.${c.type}`, { members: c.shape[0] }))
  if (c.activation === "ReLU") parts.push(t("inside.silent", { percent: Math.round(100 * zeros) }))
  return parts.join(language() === "zh" ? "" : " ")
}
