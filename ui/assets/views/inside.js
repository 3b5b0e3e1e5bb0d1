// Inside: the figures of the notes, alive. The input, a column for each layer, the answer, and one neuron's sum.
import { h, t, n, command } from "../page.js"
import { onTheme } from "../palette.js"
import { answerPanel } from "./inside/answer.js"
import {
  base64,
  corner,
  drawTiles,
  floats,
  largest,
  nameOf,
  newTip,
  placeInLayer,
  placeOf,
  shownPlace,
  surface,
  tiles,
} from "./inside/columns.js"
import { inputLayer } from "./inside/input.js"
import { neuronPanel } from "./inside/neuron.js"
import { pad as newPad } from "./inside/pad.js"
import * as texts from "./inside/texts.js"
import { drawWires } from "./inside/wires.js"

const HEIGHT = 384 // of a column in CSS pixels
const STEP = 450 // milliseconds that the signal takes from layer to layer
const OVERLAYS = ["none", "saliency", "smoothgrad", "gradcam", "occlusion"]

export async function open(root, page) {
  let network = null // what the server says of it
  let seen = null // the reply for the input: {pixels, label, columns, probabilities}
  let reached = Infinity // the layers that the signal has reached
  let heat = null // of the overlay
  let chosen = null // the open neuron: {column, index}
  let spots = null // where its inputs come from: {column, list, products}
  let asking = false // whether a question about the pad is under way
  let again = false // whether the drawing changed since
  page.lags = [] // milliseconds from a change of the drawing to the drawn answer, for tests

  const tip = newTip()
  const input = inputLayer(page, tip)
  const answer = answerPanel(
    page,
    i => openNeuron(columnCount() - 1, [i], true),
    () => isOutput(columnCount() - 1),
  )
  const pad = newPad(page, () => {
    page.setParams({ ink: pad.empty() ? null : pad.text(), sample: null })
    ask()
  })
  const columns = [] // parts of the drawn columns: {root, canvas, grid, cursor, …}

  // Controls.
  const networks = h("select", { id: "inside-network", onchange: () => choose(networks.value) })
  const kinds = ["pad", "sample", "picture"].map(kind =>
    h("input", { type: "radio", name: "inside-input", value: kind, onchange: () => setKind(kind) }),
  )
  const kindLabels = kinds.map(k => h("label", {}, k, h("span", {}, t(`inside.input.${k.value}`))))
  const number = h("input", {
    type: "number",
    min: 0,
    value: 0,
    id: "inside-number",
    class: "number",
    onchange: () => showSample(+number.value),
  })
  const label = h("span", { class: "hint" })
  const file = h("input", {
    type: "file",
    accept: "image/*",
    id: "inside-file",
    onchange: () => file.files[0] && upload(file.files[0]),
  })
  const clear = h("button", { class: "button", onclick: () => pad.clear() }, t("inside.clear"))
  const undo = h("button", { class: "button", onclick: () => pad.undo() }, t("inside.undo"))
  const overlay = h(
    "select",
    {
      id: "inside-overlay",
      onchange: () => {
        page.setParams({ why: overlay.value === "none" ? null : overlay.value })
        explain()
      },
    },
    OVERLAYS.map(o => h("option", { value: o }, t(`inside.why.${o}`))),
  )

  const padTools = h("div", { class: "row" }, clear, undo)
  const sampleTools = h(
    "div",
    { class: "row" },
    h(
      "button",
      { class: "button", "aria-label": t("inside.previous"), onclick: () => showSample(+number.value - 1) },
      "‹",
    ),
    h("label", { class: "visually-hidden", for: "inside-number" }, t("inside.number")),
    number,
    h("button", { class: "button", "aria-label": t("inside.next"), onclick: () => showSample(+number.value + 1) }, "›"),
    h(
      "button",
      { class: "button", onclick: () => showSample(Math.floor(Math.random() * network.samples)) },
      t("inside.random"),
    ),
    label,
  )
  const pictureTools = h("div", { class: "field" }, h("label", { for: "inside-file" }, t("inside.file")), file)
  const inputPanel = h(
    "section",
    { class: "panel input", "aria-label": t("inside.input") },
    h("h2", {}, t("inside.input")),
    h("div", { class: "segmented", role: "radiogroup", "aria-label": t("inside.input") }, kindLabels),
    padTools,
    sampleTools,
    pictureTools,
    pad.root,
    h("div", { class: "field" }, h("label", { for: "inside-overlay" }, t("inside.overlay")), overlay),
  )

  const wires = h("canvas", { class: "wires", "aria-hidden": "true" })
  const strip = h("div", { class: "columns" })
  const figure = h("div", { class: "figure" }, strip, wires)
  const slider = h("input", {
    type: "range",
    min: 0,
    value: 0,
    id: "inside-signal",
    oninput: () => {
      stop()
      reach(+slider.value)
    },
  })
  const play = h("button", { class: "button", onclick: () => run() }, t("inside.play"))
  const caption = h("p", { class: "hint caption" })
  const networkPanel = h(
    "section",
    { class: "panel network", "aria-label": t("inside.layers") },
    h("div", { class: "row" }, play, h("label", { for: "inside-signal" }, t("inside.signal")), slider),
    caption,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("inside.layers") }, figure),
  )

  const panel = h("section", { class: "panel neuron", hidden: true, "aria-label": t("inside.oneNeuron"), tabindex: -1 })

  const hint = h("p", { class: "hint" }, t("inside.try"))
  root.append(
    hint,
    h(
      "div",
      { class: "row top" },
      h("div", { class: "field" }, h("label", { for: "inside-network" }, t("inside.network")), networks),
      h("p", { class: "hint more" }),
    ),
    h("div", { class: "stage" }, inputPanel, networkPanel, answer.root),
    panel,
    tip.root,
  )

  // The network and its input.

  async function start() {
    const list = (await page.get("networks")).networks
    const option = e => h("option", { value: e.name }, e.run ? e.name : t(`inside.sample.${e.name}`))
    networks.replaceChildren(h("optgroup", { label: t("inside.trained") }, list.filter(e => !e.run).map(option)))
    const runs = list.filter(e => e.run)
    if (runs.length) networks.append(h("optgroup", { label: t("inside.runs") }, runs.map(option)))
    root
      .querySelector(".more")
      .replaceChildren(...(runs.length ? [] : [t("inside.train"), " ", command("lamina train mnist")]))
    await state()
  }

  async function choose(name) {
    page.setParams({ network: name, neuron: null, sample: null, ink: null })
    await state()
  }

  // state shows what the address says.
  let wanted = null // the network that was asked for last
  async function state() {
    try {
      const name = (wanted = page.params.get("network") ?? networks.options[0].value)
      if (network?.name !== name) {
        const reply = await page.get(`network/${encodeURIComponent(name)}`)
        if (name !== wanted) return
        network = reply
        if (![...networks.options].some(o => o.value === name)) networks.append(h("option", { value: name }, name)) // a trial
        networks.value = name
        hint.textContent = t(network.draw ? "inside.try" : network.fields ? "inside.try.row" : "inside.try.picture")
        overlay.parentElement.hidden = !!network.fields
        kindLabels[0].hidden = !network.draw
        kindLabels[1].hidden = !network.samples
        kindLabels[2].hidden = !network.picture
        number.max = network.samples - 1
        panel.hidden = true
        chosen = spots = null
        seen = null
        strip.replaceChildren()
        answer.root.hidden = wires.hidden = true
      }
      overlay.value = page.params.get("why") ?? "none"
      const drawn = page.params.get("ink"),
        sample = page.params.get("sample")
      if (drawn !== null && network.draw) pad.read(drawn)
      const kind = sample !== null || !network.draw ? "sample" : "pad"
      shape(kind)
      if (kind === "pad" && pad.empty()) {
        // a newcomer sees a digit at once, until drawing begins
        await look({ sample: 0 })
      } else await (kind === "pad" ? look({ ink: pad.ink() }) : showSample(+(sample ?? 0)))
      const neuron = page.params.get("neuron")?.split(".").map(Number)
      if (neuron?.every(Number.isInteger) && columns[neuron[0]]) await openNeuron(neuron[0], neuron.slice(1))
    } catch (error) {
      if (!network && page.params.has("network")) {
        page.setParams({ network: null, neuron: null })
        await state()
      }
      page.show(error)
    }
    inputPanel.inert = networkPanel.inert = !network
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
    else if (kind === "pad") {
      page.setParams({ sample: null })
      ask()
    }
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
    } catch (error) {
      page.show(error)
    }
    file.value = ""
  }

  // ask asks for what the layers compute for the drawing; while an answer is awaited, later drawings wait as one.
  async function ask() {
    if (asking) {
      again = true
      return
    }
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
    } catch (error) {
      page.show(error)
    } finally {
      asking = false
    }
  }

  let looked = 0
  async function look(input) {
    const mine = ++looked
    const reply = await page.post("look", { network: network.name, ...input })
    if (mine === looked) take(reply)
  }

  // take draws a reply.
  function take(reply) {
    page.show(null)
    const build = !seen || seen.columns.length !== reply.columns.length
    seen = {
      ...reply,
      pixels: floats(reply.pixels),
      columns: reply.columns.map(c => ({ ...c, values: floats(c.values) })),
    }
    const truth = reply.number?.truth ?? null
    label.textContent =
      truth !== null
        ? t("inside.label", { name: n(truth, 4) })
        : reply.label >= 0
          ? t("inside.label", { name: network.classes[reply.label] ?? reply.label })
          : ""
    heat = null
    if (build) buildColumns()
    page.frame(drawAll)
    explain()
    if (chosen) refreshNeuron()
  }

  // The figure.

  const narrow = () => matchMedia("(max-width: 720px)").matches
  const columnCount = () => seen.columns.length

  function buildColumns() {
    columns.length = 0
    columns.push(
      ...seen.columns.map((c, k) => {
        const part = { cursor: -1, k }
        part.canvas = h("canvas", {
          tabindex: 0,
          role: "application",
          "aria-label": `${texts.columnText(c, titleOf(k))} ${t("inside.arrows")}`,
        })
        part.root = h(
          "div",
          { class: "column" },
          h("h3", {}, titleOf(k)),
          h("p", { class: "kind" }, texts.columnKind(c)),
          part.canvas,
        )
        surface(part.canvas, tip, {
          shape: () => seen.columns[k].shown,
          grid: () => part.grid,
          values: () => seen.columns[k].values,
          name: i => (isOutput(k) ? t("inside.score", { name: network.classes[i] }) : nameOf(seen.columns[k].shown, i)),
          open: i => openNeuron(k, placeInLayer(seen.columns[k], i), true),
          cursor: {
            get: () => part.cursor,
            set: i => {
              part.cursor = i
              drawColumn(k)
            },
            say: text => page.say(text),
          },
        })
        return part
      }),
    )
    strip.replaceChildren(input.root, ...columns.map(c => c.root))
    slider.max = columnCount()
    reached = Infinity
    slider.value = columnCount()
  }

  const titleOf = k => texts.columnTitle(seen.columns[k], k, columnCount(), network)
  const isOutput = k => k === columnCount() - 1 && texts.isOutput(seen.columns[k], network)

  function drawColumn(k) {
    const c = seen.columns[k],
      part = columns[k]
    const upright = narrow()
    part.grid = tiles(
      c.shown,
      upright ? Math.max(240, strip.clientWidth) : HEIGHT,
      upright,
      upright ? 96 : columnCount() > 6 ? 108 : Math.max(64, (networkPanel.clientWidth - 180) / columnCount() - 24),
    )
    const mark = chosen?.column === k ? shownPlace(c, chosen.index) : -1
    drawTiles(part.canvas, c.values, part.grid, largest(c.values), {
      chosen: part.cursor >= 0 && document.activeElement === part.canvas ? part.cursor : mark,
    })
    part.root.classList.toggle("waiting", k >= reached)
    part.root.classList.toggle("front", k === reached - 1)
  }

  // middle returns where value i of column k is in the window; k = −1 is the input. It is null if it is not shown.
  function middle(k, index) {
    if (k < 0) return input.center(index[1] * network.shape[2] + index[2])
    const i = shownPlace(seen.columns[k], index)
    if (i < 0) return null
    const { grid, canvas } = columns[k]
    const at = canvas.getBoundingClientRect()
    const [x, y] = corner(grid, i)
    return [at.left + x + grid.scale / 2, at.top + y + grid.scale / 2]
  }

  function drawSpots() {
    wires.hidden = !chosen || !spots || spots.column === null
    const to = wires.hidden ? null : middle(chosen.column, chosen.index)
    if (!to) return
    const shape = spots.column < 0 ? network.shape : seen.columns[spots.column].shape
    const from = spots.list.map(i => ({ at: middle(spots.column, placeOf(shape, i)), product: spots.products[i] }))
    const shown = from.filter(f => f.at)
    drawWires(wires, figure, to, shown, narrow())
  }

  function drawAll() {
    if (!seen) return
    input.draw(network, seen, heat)
    columns.forEach((_, k) => drawColumn(k))
    answer.draw(network, seen, reached < columnCount())
    drawSpots()
    describe()
  }

  // The signal.

  let timer = 0
  const stop = () => {
    clearTimeout(timer)
    timer = 0
    play.textContent = t("inside.play")
  }

  function reach(k) {
    if (!seen) return
    reached = Math.min(Math.max(k, 0), columnCount())
    slider.value = reached
    const front = columns[reached - 1]?.root ?? input.root
    if (front && reached < columnCount())
      front.scrollIntoView({ block: "nearest", inline: "nearest", behavior: page.still() ? "auto" : "smooth" })
    page.frame(drawAll)
  }

  function run() {
    if (!seen) return
    if (timer) {
      stop()
      return
    }
    play.textContent = t("inside.stop")
    const next = () => {
      if (page.signal.aborted) return
      reach(reached + 1)
      if (reached >= columnCount()) {
        stop()
        return
      }
      timer = setTimeout(next, page.still() ? 1200 : STEP)
    }
    reach(0)
    timer = setTimeout(next, STEP)
  }

  // describe says what the layer at the front of the signal computed.
  function describe() {
    const k = Math.min(reached, columnCount()) - 1
    slider.setAttribute("aria-valuetext", k < 0 ? t("inside.inputLayer") : titleOf(k))
    caption.textContent = k < 0 ? t("inside.atInput") : texts.columnStory(seen.columns[k], titleOf(k))
  }

  // The answer's reasons, drawn over the input.
  let whyAsked = 0
  async function explain() {
    const how = overlay.value
    if (how === "none" || !seen || !network.classes.length || network.fields) {
      heat = null
      page.frame(drawAll)
      return
    }
    const mine = ++whyAsked
    try {
      const p = seen.probabilities
      const r = await page.post("why", {
        network: network.name,
        pixels: base64(seen.pixels),
        class: p.indexOf(Math.max(...p)),
        how,
      })
      if (mine !== whyAsked) return
      heat = { shape: r.shape, values: floats(r.values) }
      page.frame(drawAll)
    } catch (error) {
      if (mine === whyAsked) page.show(error)
    }
  }

  // One neuron.

  async function openNeuron(k, index, focus = false) {
    chosen = { column: k, index }
    page.setParams({ neuron: [k, ...index].join(".") })
    await refreshNeuron()
    if (focus && !panel.hidden) {
      panel.focus({ preventScroll: true })
      panel.scrollIntoView({ block: "nearest", behavior: page.still() ? "auto" : "smooth" })
    }
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
      const neuron = await page.post("neuron", {
        network: network.name,
        pixels: base64(seen.pixels),
        layer: c.layer,
        index,
      })
      if (mine !== neuronAsked || !chosen) return
      const output = isOutput(column)
      neuronPanel(
        panel,
        {
          neuron,
          activation: c.activation,
          input: network.shape,
          fields: network.fields,
          names: feeds(neuron.shape, column) === -1 ? network.fields : undefined,
          shape: layoutOf(neuron.shape, column),
          title: output
            ? t("inside.score", { name: network.classes[index[0]] })
            : t("inside.which", {
                neuron: nameOf(
                  c.shape,
                  index.reduce((at, v, d) => at * c.shape[d] + v, 0),
                ),
                layer: titleOf(column),
              }),
          temperature: network.temperature,
          probability: output ? seen.probabilities[index[0]] : undefined,
          spot: (list, products) => {
            spots = { column: feeds(neuron.shape, column), list, products }
          },
        },
        tip,
        closeNeuron,
      )
      page.frame(drawAll)
    } catch (error) {
      if (mine === neuronAsked) {
        panel.hidden = true
        chosen = spots = null
        page.show(error)
      }
    }
  }

  const product = shape => (shape ?? []).reduce((a, b) => a * b, 1)

  // feeds returns the column whose values are the inputs of a column, −1 for the network's input, null if it is not known.
  const feeds = (shape, k) =>
    product(k > 0 ? seen.columns[k - 1].shape : network.shape) === product(shape) ? k - 1 : null

  // layoutOf returns the shape in which a column's inputs are drawn: that of the column before it, or of the network's input.
  function layoutOf(shape, k) {
    if (!shape || shape.length === 3) return shape
    const from = feeds(shape, k)
    return from === null ? shape : from < 0 ? network.shape : seen.columns[from].shape
  }

  page.keys({
    ArrowLeft: [
      () => {
        stop()
        if (seen) reach(Math.min(reached, columnCount()) - 1)
      },
      "inside.keyBack",
    ],
    ArrowRight: [
      () => {
        stop()
        reach(reached + 1)
      },
      "inside.keyOn",
    ],
    " ": [run, "inside.keyPlay"],
    c: [() => pad.clear(), "inside.keyClear"],
    Escape: [
      () => {
        if (chosen) closeNeuron()
      },
      "inside.keyClose",
    ],
  })
  onTheme(() => page.frame(drawAll), page.signal)
  const watch = new ResizeObserver(() => page.frame(drawAll))
  watch.observe(strip)
  page.signal.addEventListener("abort", () => watch.disconnect())
  await start()
  return { state, close: stop }
}
