// Inside: the figures of the notes, alive. The input, a column for each layer, the answer, and one neuron's sum.
import { h, t, n } from "../page.js"
import { diverging, sequential, color, onTheme } from "../palette.js"
import { pad as newPad } from "../inside/pad.js"
import { neuronPanel } from "../inside/neuron.js"
import { base64, corner, drawTiles, floats, largest, nameOf, newTip, placeOf, surface, tiles } from "../inside/columns.js"

const HEIGHT = 384  // of a column in CSS pixels
const STEP = 450    // milliseconds that the signal takes from layer to layer
const OVERLAYS = ["none", "saliency", "smoothgrad", "gradcam", "occlusion"]

// percent writes a probability.
const percent = p => p >= .9995 ? "100" : p < .0005 ? "0" : (100 * p).toFixed(1)

// ink returns the color of a pixel: from the background to the color of text.
function ink() {
  const parse = name => { const c = color(name); return [1, 3, 5].map(i => parseInt(c.slice(i, i + 2), 16)) }
  const [zero, full] = [parse("--zero"), parse("--text")]
  const table = Array.from({ length: 256 }, (_, i) => zero.map((z, c) => Math.round(z + (full[c] - z) * i / 255)))
  return v => table[Math.min(255, Math.max(0, Math.round(v * 255)))]
}

export function open(root, page) {
  let network = null      // what the server says of it
  let seen = null         // the reply for the input: {pixels, label, columns, probabilities}
  let reached = Infinity  // the layers that the signal has reached
  let heat = null         // of the overlay
  let chosen = null       // the open neuron: {column, index}
  let spots = null        // where its inputs come from: {column, list, products}
  let asking = false      // whether a question about the pad is under way
  let again = false       // whether the drawing changed since
  page.lags = []          // milliseconds from a change of the drawing to the drawn answer, for tests

  const tip = newTip()
  const pad = newPad(page, () => { page.setParams({ ink: pad.empty() ? null : pad.text(), sample: null }); ask() })
  const columns = []      // parts of the drawn columns: {root, canvas, grid, cursor, …}

  // Controls.
  const networks = h("select", { id: "inside-network", onchange: () => choose(networks.value) })
  const kinds = ["pad", "sample", "picture"].map(kind => h("input", { type: "radio", name: "inside-input", value: kind, onchange: () => setKind(kind) }))
  const kindLabels = kinds.map(k => h("label", {}, k, h("span", {}, t(`inside.input.${k.value}`))))
  const number = h("input", { type: "number", min: 0, value: 0, id: "inside-number", class: "number", onchange: () => showSample(+number.value) })
  const label = h("span", { class: "hint" })
  const file = h("input", { type: "file", accept: "image/*", id: "inside-file", onchange: () => file.files[0] && upload(file.files[0]) })
  const clear = h("button", { class: "button", onclick: () => pad.clear() }, t("inside.clear"))
  const undo = h("button", { class: "button", onclick: () => pad.undo() }, t("inside.undo"))
  const overlay = h("select", { id: "inside-overlay", onchange: () => { page.setParams({ why: overlay.value === "none" ? null : overlay.value }); explain() } },
    OVERLAYS.map(o => h("option", { value: o }, t(`inside.why.${o}`))))

  const pixels = h("canvas", { class: "pixels", tabindex: 0, role: "application" })
  const heatCanvas = h("canvas", { class: "heat", "aria-hidden": "true" })
  let pixelCursor = -1
  const pixelGrid = () => {
    const [height, width] = imageShape()
    return { count: 1, across: 1, w: width, h: height, gap: 0, scale: pixels.clientWidth / width }
  }
  surface(pixels, tip, {
    shape: () => network.shape, grid: pixelGrid, values: () => seen ? gray() : [],
    name: i => nameOf([1, ...imageShape()], i), open: () => {},
    cursor: { get: () => pixelCursor, set: i => { pixelCursor = i; drawInput() }, say: text => page.say(text) },
  })
  const fields = h("table", { class: "fields number" })

  const padTools = h("div", { class: "row" }, clear, undo)
  const sampleTools = h("div", { class: "row" },
    h("button", { class: "button", "aria-label": t("inside.previous"), onclick: () => showSample(+number.value - 1) }, "‹"),
    h("label", { class: "visually-hidden", for: "inside-number" }, t("inside.number")), number,
    h("button", { class: "button", "aria-label": t("inside.next"), onclick: () => showSample(+number.value + 1) }, "›"),
    h("button", { class: "button", onclick: () => showSample(Math.floor(Math.random() * network.samples)) }, t("inside.random")), label)
  const pictureTools = h("div", { class: "field" }, h("label", { for: "inside-file" }, t("inside.file")), file)
  const inputPanel = h("section", { class: "panel input", "aria-label": t("inside.input") },
    h("h2", {}, t("inside.input")),
    h("div", { class: "segmented", role: "radiogroup", "aria-label": t("inside.input") }, kindLabels),
    padTools, sampleTools, pictureTools, pad.root,
    h("div", { class: "field" }, h("label", { for: "inside-overlay" }, t("inside.overlay")), overlay))

  const inputColumn = h("div", { class: "column first" }, h("h3", {}, t("inside.inputLayer")), h("p", { class: "kind" }),
    h("div", { class: "over" }, pixels, heatCanvas), fields)
  const wires = h("canvas", { class: "wires", "aria-hidden": "true" })
  const strip = h("div", { class: "columns" })
  const figure = h("div", { class: "figure" }, strip, wires)
  const slider = h("input", { type: "range", min: 0, value: 0, id: "inside-signal", oninput: () => { stop(); reach(+slider.value) } })
  const play = h("button", { class: "button", onclick: () => run() }, t("inside.play"))
  const caption = h("p", { class: "hint caption" })
  const networkPanel = h("section", { class: "panel network", "aria-label": t("inside.layers") },
    h("div", { class: "row" }, play, h("label", { for: "inside-signal" }, t("inside.signal")), slider), caption,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("inside.layers") }, figure))

  const answer = h("p", { class: "answer" })
  const bars = h("div", { class: "bars number" })
  const outputPanel = h("section", { class: "panel output", "aria-label": t("inside.answer") }, h("h2", {}, t("inside.answer")), answer, bars)
  const panel = h("section", { class: "panel neuron", hidden: true, "aria-label": t("inside.oneNeuron"), tabindex: -1 })

  root.append(
    h("p", { class: "hint" }, t("inside.try")),
    h("div", { class: "row top" }, h("div", { class: "field" }, h("label", { for: "inside-network" }, t("inside.network")), networks), h("p", { class: "hint more" })),
    h("div", { class: "stage" }, inputPanel, networkPanel, outputPanel), panel, tip.root)

  // The network and its input.

  const imageShape = () => network.shape.length === 3 ? network.shape.slice(1) : [1, network.shape[0]]

  // gray returns the input's pixels from 0 to 1, the mean of the channels.
  const gray = () => {
    const [height, width] = imageShape()
    const maps = network.shape.length === 3 ? network.shape[0] : 1
    const x = seen.pixels
    return Float32Array.from({ length: height * width }, (_, i) => {
      let sum = 0
      for (let c = 0; c < maps; c++) sum += x[c * height * width + i]
      return (sum / maps - network.low) / (network.high - network.low)
    })
  }

  async function start() {
    const list = (await page.get("networks")).networks
    const option = e => h("option", { value: e.name }, e.run ? e.name : t(`inside.sample.${e.name}`))
    networks.replaceChildren(h("optgroup", { label: t("inside.trained") }, list.filter(e => !e.run).map(option)))
    const runs = list.filter(e => e.run)
    if (runs.length) networks.append(h("optgroup", { label: t("inside.runs") }, runs.map(option)))
    root.querySelector(".more").replaceChildren(...(runs.length ? [] : [t("inside.train"), " ", h("code", {}, "lamina train mnist")]))
    await state()
  }

  async function choose(name) {
    page.setParams({ network: name, neuron: null, sample: null, ink: null })
    await state()
  }

  // state shows what the address says.
  async function state() {
    try {
      const name = page.params.get("network") ?? networks.options[0].value
      if (network?.name !== name) {
        network = await page.get(`network/${encodeURIComponent(name)}`)
        networks.value = name
        kindLabels[0].hidden = !network.draw
        kindLabels[1].hidden = !network.samples
        kindLabels[2].hidden = !network.picture
        number.max = network.samples - 1
        chosen = null
        seen = null
      }
      overlay.value = page.params.get("why") ?? "none"
      const drawn = page.params.get("ink"), sample = page.params.get("sample")
      if (drawn !== null && network.draw) pad.read(drawn)
      const kind = sample !== null || !network.draw ? "sample" : "pad"
      shape(kind)
      if (kind === "pad" && pad.empty()) { // a newcomer sees a digit at once, until drawing begins
        await look({ sample: 0 })
      } else await (kind === "pad" ? look({ ink: pad.ink() }) : showSample(+(sample ?? 0)))
      const neuron = page.params.get("neuron")?.split(".").map(Number)
      if (neuron?.every(Number.isInteger) && columns[neuron[0]]) await openNeuron(neuron[0], neuron.slice(1))
    } catch (error) { page.show(error) }
  }

  // shape shows the controls for a kind of input.
  function shape(kind) {
    for (const k of kinds) k.checked = k.value === kind
    padTools.hidden = pad.root.hidden = kind !== "pad"
    sampleTools.hidden = kind !== "sample"
    pictureTools.hidden = kind !== "picture"
  }

  function setKind(kind) {
    shape(kind)
    if (kind === "sample") showSample(+number.value)
    else if (kind === "pad") { page.setParams({ sample: null }); ask() }
  }

  async function showSample(i) {
    i = Math.min(Math.max(i || 0, 0), network.samples - 1)
    number.value = i
    page.setParams({ sample: i, ink: null })
    await look({ sample: i }).catch(e => page.show(e))
  }

  async function upload(picture) {
    try {
      page.show(null)
      take(await page.post(`picture/${encodeURIComponent(network.name)}`, picture))
      page.setParams({ sample: null, ink: null })
    } catch (error) { page.show(error) }
    file.value = ""
  }

  // ask asks for what the layers compute for the drawing; while an answer is awaited, later drawings wait as one.
  async function ask() {
    if (asking) { again = true; return }
    asking = true
    try {
      do {
        again = false
        const start = performance.now()
        await look({ ink: pad.ink() })
        await new Promise(requestAnimationFrame)
        page.lags.push(performance.now() - start)
        if (page.lags.length > 200) page.lags.shift()
      } while (again && !page.signal.aborted)
    } catch (error) { page.show(error) } finally { asking = false }
  }

  async function look(input) {
    take(await page.post("look", { network: network.name, ...input }))
  }

  // take draws a reply.
  function take(reply) {
    page.show(null)
    const build = !seen || seen.columns.length !== reply.columns.length
    seen = { ...reply, pixels: floats(reply.pixels), columns: reply.columns.map(c => ({ ...c, values: floats(c.values) })) }
    label.textContent = reply.label >= 0 ? t("inside.label", { name: network.classes[reply.label] ?? reply.label }) : ""
    heat = null
    if (build) buildColumns()
    page.frame(drawAll)
    explain()
    if (chosen) refreshNeuron()
  }

  // The figure.

  const wide = () => matchMedia("(max-width: 720px)").matches
  const columnCount = () => seen.columns.length

  function buildColumns() {
    columns.length = 0
    columns.push(...seen.columns.map((c, k) => {
      const part = { cursor: -1, k }
      part.canvas = h("canvas", { tabindex: 0, role: "application", "aria-label": columnName(k) })
      part.root = h("div", { class: "column" }, h("h3", {}, columnTitle(c, k)), h("p", { class: "kind" }, columnKind(c)), part.canvas)
      surface(part.canvas, tip, {
        shape: () => seen.columns[k].shown, grid: () => part.grid, values: () => seen.columns[k].values,
        name: i => isOutput(c) && k === columnCount() - 1 ? t("inside.score", { name: network.classes[i] }) : nameOf(seen.columns[k].shown, i),
        open: i => openNeuron(k, placeInLayer(seen.columns[k], i), true),
        cursor: { get: () => part.cursor, set: i => { part.cursor = i; drawColumn(k) }, say: text => page.say(text) },
      })
      return part
    }))
    inputColumn.querySelector(".kind").replaceChildren(...(network.shape.length === 3
      ? [t("inside.sight"), newLine(), t("inside.pixels", { height: network.shape[1], width: network.shape[2] })] : [t("inside.neurons", { count: network.shape[0] })]))
    strip.replaceChildren(inputColumn, ...columns.map(c => c.root))
    slider.max = columnCount()
    reached = Infinity
    slider.value = columnCount()
  }

  // placeInLayer returns the index of a shown value in the layer: shown maps may be smaller.
  function placeInLayer(c, i) {
    const place = placeOf(c.shown, i)
    return c.shape.length === 3 ? [place[0], ...[1, 2].map(d => Math.min(Math.floor((place[d] + .5) * c.shape[d] / c.shown[d]), c.shape[d] - 1))] : place
  }

  // shownPlace is the reverse: the index of a shown value, or −1.
  function shownPlace(c, index) {
    let at = 0
    for (let d = 0; d < index.length; d++) {
      const v = c.shape.length === 3 && d > 0 ? Math.floor(index[d] * c.shown[d] / c.shape[d]) : index[d]
      if (v >= c.shown[d]) return -1
      at = at * c.shown[d] + v
    }
    return at
  }

  const columnTitle = (c, k) => k === columnCount() - 1 && isOutput(c) ? t("inside.outputLayer") : t("inside.layer", { number: k + 1 })
  const kindName = type => ["Linear", "Conv2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d"].includes(type) ? t(`inside.type.${type}`) : type
  const columnKind = c => [kindName(c.type), c.activation && ` → ${c.activation}`, newLine(), sizeText(c)].filter(Boolean)
  const sizeText = c => c.shape.length === 3 ? t("inside.maps", { count: c.shape[0], height: c.shape[1], width: c.shape[2] }) : c.shape.length === 1 ? t("inside.neurons", { count: c.shape[0] }) : c.shape.join("×")
  const columnText = k => {
    const c = seen.columns[k]
    return t("inside.column", { layer: columnTitle(c, k), kind: kindName(c.type) + (c.activation ? ` → ${c.activation}` : ""), size: sizeText(c) })
  }
  const columnName = k => `${columnText(k)} ${t("inside.arrows")}`
  const newLine = () => h("span", { class: "line" }, ", ")
  const isOutput = c => c.shape.length === 1 && c.shape[0] === network.classes.length

  function drawColumn(k) {
    const c = seen.columns[k], part = columns[k]
    const narrow = wide()
    part.grid = tiles(c.shown, narrow ? Math.max(240, strip.clientWidth) : HEIGHT, narrow, narrow ? 96 : (networkPanel.clientWidth - 180) / columnCount() - 24)
    const mark = chosen?.column === k ? shownPlace(c, chosen.index) : -1
    drawTiles(part.canvas, c.values, part.grid, largest(c.values), { chosen: part.cursor >= 0 && document.activeElement === part.canvas ? part.cursor : mark })
    part.root.classList.toggle("waiting", k >= reached)
    part.root.classList.toggle("front", k === reached - 1)
  }

  function drawInput() {
    const [height, width] = imageShape()
    pixels.hidden = heatCanvas.hidden = network.shape.length !== 3
    fields.hidden = network.shape.length === 3
    if (network.shape.length !== 3) return drawFields()
    const map = ink()
    const show = colors(height, width) ?? (i => map(gray()[i]))
    const values = colors(height, width) ? null : gray()
    pixels.width = width
    pixels.height = height
    const context = pixels.getContext("2d")
    const image = context.createImageData(width, height)
    for (let i = 0; i < width * height; i++) {
      image.data.set(values ? map(values[i]) : show(i), 4 * i)
      image.data[4 * i + 3] = 255
    }
    context.putImageData(image, 0, 0)
    if (pixelCursor >= 0 && document.activeElement === pixels) {
      context.fillStyle = color("--accent")
      context.fillRect(pixelCursor % width, Math.floor(pixelCursor / width), 1, 1)
    }
    pixels.setAttribute("aria-label", `${t("inside.sight")}. ${t("inside.arrowsPixels")}`)
    drawHeat()
  }

  // colors returns the color of a pixel of an input with three channels.
  function colors(height, width) {
    if (network.shape[0] !== 3) return null
    const area = height * width
    const part = (c, i) => Math.round(255 * Math.min(1, Math.max(0, (seen.pixels[c * area + i] - network.low) / (network.high - network.low))))
    return i => [part(0, i), part(1, i), part(2, i)]
  }

  function drawFields() {
    fields.replaceChildren(h("tbody", {}, [...seen.pixels].map((v, i) => h("tr", {}, h("th", { scope: "row" }, network.fields?.[i] ?? `a${i}`), h("td", {}, n(v, 4))))))
  }

  function drawHeat() {
    heatCanvas.hidden = !heat
    if (!heat) return
    const [height, width] = heat.shape
    const most = largest(heat.values)
    heatCanvas.width = width
    heatCanvas.height = height
    const context = heatCanvas.getContext("2d")
    const image = context.createImageData(width, height)
    const map = heat.values.some(v => v < 0) ? diverging : sequential
    heat.values.forEach((v, i) => {
      image.data.set(map(v / (most || 1)), 4 * i)
      image.data[4 * i + 3] = Math.round(230 * Math.min(1, Math.abs(v) / (most || 1)) ** .7)
    })
    context.putImageData(image, 0, 0)
  }

  function drawBars() {
    const p = seen.probabilities ?? []
    outputPanel.hidden = !p.length
    if (!p.length) return
    const best = p.indexOf(Math.max(...p))
    const text = t("inside.reads", { name: network.classes[best], percent: percent(p[best]) })
    const waiting = reached < columnCount()
    answer.textContent = waiting ? "…" : text
    if (!waiting && answer.said !== text) { answer.said = text; clearTimeout(answer.timer); answer.timer = setTimeout(() => page.say(text), 600) }
    const order = p.length <= 12 ? p.map((_, i) => i) : [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 12)
    while (bars.children.length > order.length) bars.lastChild.remove()
    while (bars.children.length < order.length) {
      const bar = h("button", { class: "class" }, h("span", { class: "name" }), h("span", { class: "track" }, h("span", { class: "fill" })), h("span", { class: "percent" }))
      bar.addEventListener("click", () => { if (isOutput(seen.columns.at(-1))) openNeuron(columnCount() - 1, [bar.class], true) })
      bars.append(bar)
    }
    order.forEach((i, at) => {
      const bar = bars.children[at]
      bar.class = i
      bar.querySelector(".name").textContent = network.classes[i]
      bar.querySelector(".fill").style.width = waiting ? "0" : `${100 * p[i]}%`
      bar.querySelector(".percent").textContent = waiting ? "" : `${percent(p[i])}%`
      bar.classList.toggle("best", i === best && !waiting)
      bar.classList.toggle("right", i === seen.label)
      bar.title = t("inside.bar", { name: network.classes[i] })
    })
  }

  function drawWires() {
    wires.hidden = !chosen
    if (!chosen) return
    const box = figure.getBoundingClientRect()
    const ratio = devicePixelRatio || 1
    wires.width = Math.round(figure.clientWidth * ratio)
    wires.height = Math.round(figure.clientHeight * ratio)
    wires.style.width = `${figure.clientWidth}px`
    wires.style.height = `${figure.clientHeight}px`
    if (!spots?.list.length || spots.column === null || !columns[chosen.column]) return
    const context = wires.getContext("2d")
    context.scale(ratio, ratio)
    const center = (k, i) => {
      if (k < 0) {
        const at = pixels.getBoundingClientRect(), [height, width] = imageShape()
        return [at.left - box.left + (i % width + .5) * at.width / width, at.top - box.top + (Math.floor(i / width) % height + .5) * at.height / height]
      }
      const g = columns[k].grid, at = columns[k].canvas.getBoundingClientRect()
      const [x, y] = corner(g, i)
      return [at.left - box.left + x + g.scale / 2, at.top - box.top + y + g.scale / 2]
    }
    const to = shownPlace(seen.columns[chosen.column], chosen.index)
    if (to < 0) return
    const [x1, y1] = center(chosen.column, to)
    const most = Math.max(...spots.list.map(i => Math.abs(spots.products[i]))) || 1
    for (const i of [...spots.list].reverse()) {
      const from = spots.column < 0 ? i : shownPlace(seen.columns[spots.column], placeOf(seen.columns[spots.column].shape, i))
      if (from < 0 || spots.products[i] === 0) continue
      const [x0, y0] = center(spots.column, from)
      const size = Math.abs(spots.products[i]) / most
      context.globalAlpha = .25 + .75 * size
      context.strokeStyle = color(spots.products[i] < 0 ? "--negative" : "--positive")
      context.lineWidth = .5 + 2.5 * size
      context.beginPath()
      context.moveTo(x0, y0)
      if (wide()) context.bezierCurveTo(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2, x1, y1)
      else context.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1)
      context.stroke()
    }
  }

  function drawAll() {
    if (!seen) return
    drawInput()
    columns.forEach((_, k) => drawColumn(k))
    drawBars()
    drawWires()
    describe()
  }

  // The signal.

  let timer = 0
  const stop = () => { clearTimeout(timer); timer = 0; play.textContent = t("inside.play") }

  function reach(k) {
    reached = Math.min(Math.max(k, 0), columnCount())
    slider.value = reached
    const front = columns[reached - 1]?.root ?? inputColumn
    if (front && reached < columnCount()) front.scrollIntoView({ block: "nearest", inline: "nearest", behavior: page.still() ? "auto" : "smooth" })
    page.frame(drawAll)
  }

  function run() {
    if (timer) { stop(); return }
    play.textContent = t("inside.stop")
    const next = () => {
      if (page.signal.aborted) return
      reach(reached + 1)
      if (reached >= columnCount()) { stop(); return }
      timer = setTimeout(next, page.still() ? 1200 : STEP)
    }
    reach(0)
    timer = setTimeout(next, STEP)
  }

  // describe says what the layer at the front of the signal computed.
  function describe() {
    const k = Math.min(reached, columnCount()) - 1
    const c = seen.columns[k]
    slider.setAttribute("aria-valuetext", k < 0 ? t("inside.inputLayer") : columnTitle(c, k))
    if (k < 0) { caption.textContent = t("inside.atInput"); return }
    const zeros = c.values.reduce((sum, v) => sum + (v === 0), 0) / (c.values.length || 1)
    const what = ["Linear", "Conv2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d"].includes(c.type) ? t(`inside.does.${c.type}`) : ""
    caption.textContent = [columnText(k), what,
      c.activation === "ReLU" ? t("inside.silent", { percent: Math.round(100 * zeros) }) : ""].filter(Boolean).join(" ")
  }

  // The answer's reasons, drawn over the input.
  let whyAsked = 0
  async function explain() {
    const how = overlay.value
    if (how === "none" || !network.classes.length || network.shape.length !== 3) { heat = null; page.frame(drawAll); return }
    const mine = ++whyAsked
    try {
      const p = seen.probabilities
      const r = await page.post("why", { network: network.name, pixels: base64(seen.pixels), class: p.indexOf(Math.max(...p)), how })
      if (mine !== whyAsked) return
      heat = { shape: r.shape, values: floats(r.values) }
      page.frame(drawAll)
    } catch (error) { if (mine === whyAsked) page.show(error) }
  }

  // One neuron.

  async function openNeuron(k, index, focus = false) {
    chosen = { column: k, index }
    page.setParams({ neuron: [k, ...index].join(".") })
    await refreshNeuron()
    if (focus && !panel.hidden) { panel.focus({ preventScroll: true }); panel.scrollIntoView({ block: "nearest", behavior: page.still() ? "auto" : "smooth" }) }
  }

  function closeNeuron() {
    const canvas = columns[chosen?.column]?.canvas
    chosen = spots = null
    panel.hidden = true
    page.setParams({ neuron: null })
    page.frame(drawAll)
    canvas?.focus()
  }

  let neuronAsked = 0
  async function refreshNeuron() {
    const mine = ++neuronAsked
    const { column, index } = chosen
    const c = seen.columns[column]
    try {
      const neuron = await page.post("neuron", { network: network.name, pixels: base64(seen.pixels), layer: c.layer, index })
      if (mine !== neuronAsked || !chosen) return
      const output = column === columnCount() - 1 && isOutput(c)
      neuronPanel(panel, {
        neuron, activation: c.activation, input: network.shape, shape: layoutOf(neuron.shape, column),
        title: output ? t("inside.score", { name: network.classes[index[0]] })
          : t("inside.which", { neuron: nameOf(c.shape, index.reduce((at, v, d) => at * c.shape[d] + v, 0)), layer: columnTitle(c, column) }),
        probability: output ? seen.probabilities[index[0]] : undefined,
        spot: (list, products) => { spots = { column: feeds(neuron.shape, column), list, products } },
      }, tip, closeNeuron)
      page.frame(drawAll)
    } catch (error) { if (mine === neuronAsked) { panel.hidden = true; chosen = null; page.show(error) } }
  }

  const product = shape => (shape ?? []).reduce((a, b) => a * b, 1)

  // feeds returns the column whose values are the inputs of a column, −1 for the network's input, null if it is not known.
  const feeds = (shape, k) => product(k > 0 ? seen.columns[k - 1].shape : network.shape.length === 3 ? network.shape : []) === product(shape) ? k - 1 : null

  // layoutOf returns the shape in which a column's inputs are drawn: that of the column before it, or of the network's input.
  function layoutOf(shape, k) {
    if (!shape || shape.length === 3) return shape
    const from = feeds(shape, k)
    return from === null ? shape : from < 0 ? network.shape : seen.columns[from].shape
  }

  page.keys({
    ArrowLeft: [() => { stop(); reach(Math.min(reached, columnCount()) - 1) }, "inside.keyBack"],
    ArrowRight: [() => { stop(); reach(reached + 1) }, "inside.keyOn"],
    " ": [run, "inside.keyPlay"],
    c: [() => pad.clear(), "inside.keyClear"],
    Escape: [() => { if (chosen) closeNeuron() }, "inside.keyClose"],
  })
  onTheme(() => page.frame(drawAll), page.signal)
  const watch = new ResizeObserver(() => page.frame(drawAll))
  watch.observe(strip)
  page.signal.addEventListener("abort", () => watch.disconnect())
  pixels.addEventListener("blur", () => { pixelCursor = -1; if (seen) page.frame(drawAll) })
  start().catch(e => page.show(e))
  return { state, close: stop }
}
