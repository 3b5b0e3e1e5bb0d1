// Training: one run as it is now: curves, histograms of weights and gradients over time, the confusion matrix with the pictures behind each
// cell, the most confident mistakes, and buttons that stop it or lower its rate.
import { h, t, n, argument, command } from "../page.js"
import { css, sequential, ink, onTheme, paint } from "../palette.js"
import { chart } from "../chart.js"
import { measureName, measureText } from "../measures.js"
import { verdict } from "../verdict.js"

const BINS = 40 // rows of a histogram over time

export function open(root, page) {
  let cards = []
  let name = page.params.get("run")
  let state = null
  let tested = null // the reply about the test data
  let counts = [] // histograms
  let stop = null // ends the stream of the run
  let countedAt = "" // the last histograms that were loaded
  let testedAt = "" // the epoch whose weights were tested

  const isTrial = name => name?.includes("/trial-") // of a search, such as "tune-mnist/trial-003"
  const select = h("select", { id: "training-run", onchange: () => go(select.value) })
  const badge = h("span", { class: "badge" })
  const search = h("span", { hidden: true }) // that the run is a trial of
  const halt = h(
    "button",
    { class: "button", onclick: () => control({ stop: true }, "training.stopping") },
    t("training.stop"),
  )
  const lower = h(
    "button",
    { class: "button", onclick: () => control({ lr: 0.5 }, "training.lowering") },
    t("training.lower"),
  )
  const buttons = h("div", { class: "row" }, halt, lower)
  const empty = h("div", { class: "panel empty", hidden: true })
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("training.progress") })
  const facts = h("dl", { class: "facts number" })
  const top = h(
    "section",
    { class: "panel head", "aria-label": t("training.title") },
    h(
      "div",
      { class: "row split" },
      h(
        "div",
        { class: "row" },
        h("label", { class: "visually-hidden", for: "training-run" }, t("training.run")),
        select,
        badge,
        search,
      ),
      buttons,
    ),
    bar,
    facts,
  )
  const lossHolder = h("div", {}),
    measureHolder = h("div", {}),
    rateHolder = h("div", {})
  const log = h("input", {
    type: "checkbox",
    checked: page.params.has("log"),
    onchange: () => {
      page.setParams({ log: log.checked ? 1 : null })
      drawCurves()
    },
  })
  const curves = h(
    "section",
    { class: "panel plots", "aria-label": t("training.curves") },
    h("label", { class: "row log" }, log, t("runs.log")),
    plot("runs.measure.loss", lossHolder),
    plot("training.measures", measureHolder),
    plot("runs.measure.lr", rateHolder),
  )
  const grid = h("div", { class: "layers" })
  const histograms = h(
    "section",
    { class: "panel", "aria-label": t("training.histograms") },
    h("h2", {}, t("training.histograms")),
    h("p", { class: "hint" }, t("training.histogramsHint")),
    grid,
  )
  const matrix = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("training.confusion") })
  const behind = h("div", { class: "pictures", "aria-live": "polite" })
  const behindPart = h("div", {}, h("h3", {}, t("training.behind")), behind)
  const mistakes = h("div", { class: "pictures" })
  const found = h(
    "div",
    { class: "found", hidden: true },
    h("div", { class: "both" }, matrix, behindPart),
    h("h2", {}, t("training.mistakes")),
    mistakes,
  )
  const testButton = h("button", { class: "button", onclick: () => test() }, t("training.test"))
  const testLine = h("p", { class: "hint" })
  const results = h(
    "section",
    { class: "panel results", "aria-label": t("training.confusion") },
    h("div", { class: "row split" }, h("h2", {}, t("training.confusion")), testButton),
    testLine,
    found,
  )
  const hint = h("p", { class: "hint" }, t("training.try"))
  const body = h("div", { class: "body", hidden: true }, top, curves, results, histograms)
  root.append(hint, empty, body)

  const charts = {}
  let span = [0, 1] // of x, the same in all curves
  function plot(key, holder) {
    return h("section", { class: "plot" }, h("h3", {}, t(key)), holder)
  }

  function draw(id, holder, lines, data, options) {
    if (!data[0].length) {
      holder.parentElement.hidden = true
      return
    }
    holder.parentElement.hidden = false
    const key = JSON.stringify([lines, options])
    if (!charts[id]) charts[id] = { chart: chart(holder, { curves: lines, height: 190, span: () => span, page, ...options }), key }
    else if (charts[id].key !== key) charts[id].chart.setCurves(lines, data, options)
    charts[id].key = key
    charts[id].chart.set(data)
    holder.setAttribute("role", "img")
    holder.setAttribute(
      "aria-label",
      lines
        .map(
          (l, i) =>
            `${l.label} ${n(
              data[i + 1].findLast(v => v !== null),
              4,
            )}`,
        )
        .join("; "),
    )
  }

  // merged returns [xs, ys, …] of curves [{xs, ys}] with gaps.
  function merged(parts) {
    const xs = [...new Set(parts.flatMap(p => p.xs))].sort((a, b) => a - b)
    const at = new Map(xs.map((x, i) => [x, i]))
    return [
      xs,
      ...parts.map(p => {
        const ys = new Array(xs.length).fill(null)
        p.xs.forEach((x, i) => {
          ys[at.get(x)] = p.ys[i]
        })
        return ys
      }),
    ]
  }

  // points shows a curve that has a single point.
  const points = xs => xs.length === 1 && { show: true, size: 6 }

  function drawCurves() {
    const names = state.names ?? []
    const perEpoch = state.steps.at(-1)?.[4] ?? 1
    const bySteps = state.steps.length > 1
    const x = bySteps ? t("runs.axis.step") : t("runs.axis.epoch")
    const column = name => ({
      xs: state.rows.map(r => r[names.indexOf("epoch")] * (bySteps ? perEpoch : 1)),
      ys: state.rows.map(r => r[names.indexOf(name)]),
    })
    const all = [...state.steps.map(s => s[0]), ...column("epoch").xs].filter(Number.isFinite)
    span = [Math.min(...all), Math.max(...all)]
    if (span[0] === span[1]) span = [span[0] - 1, span[1] + 1]
    const lossParts = []
    if (bySteps)
      lossParts.push({
        label: t("training.step"),
        color: 0,
        alpha: 0.55,
        xs: state.steps.map(s => s[0]),
        ys: state.steps.map(s => s[2]),
      })
    else if (names.includes("loss")) lossParts.push({ label: t("training.trained"), color: 0, ...column("loss") })
    for (const [i, name] of ["validation_loss", "average_loss"].entries())
      if (names.includes(name)) lossParts.push({ label: measureName(name), color: i + 1, ...column(name) })
    draw(
      "loss",
      lossHolder,
      lossParts.map(({ label, color, alpha, xs }) => ({ label, color, alpha, points: points(xs) })),
      merged(lossParts),
      { x, whole: true, log: log.checked && lossParts.every(p => p.ys.every(y => y === null || y > 0)) },
    )
    const rest = names
      .filter(name => !["epoch", "seconds", "lr", "loss", "validation_loss", "average_loss"].includes(name))
      .slice(0, 8)
    const measures = rest.map((name, i) => ({ label: measureName(name), color: i + 1, ...column(name) }))
    draw(
      "measures",
      measureHolder,
      measures.map(({ label, color, xs }) => ({ label, color, points: points(xs) })),
      merged(measures),
      { x, whole: true },
    )
    const rate = bySteps ? { xs: state.steps.map(s => s[0]), ys: state.steps.map(s => s[3]) } : column("lr")
    draw(
      "lr",
      rateHolder,
      [{ label: t("runs.measure.lr"), color: 3 }],
      merged(names.includes("lr") || bySteps ? [rate] : []),
      { x, whole: true },
    )
  }

  // The state.

  function duration(seconds) {
    const s = Math.round(seconds)
    if (s < 60) return t("training.seconds", { s })
    if (s < 3600) return t("training.minutes", { m: Math.floor(s / 60), s: s % 60 })
    return t("training.hours", { h: Math.floor(s / 3600), m: Math.floor(s / 60) % 60 })
  }

  function drawState() {
    const { last } = state
    const training = state.state === "training"
    badge.className = `badge is-${state.state}`
    badge.textContent = t(`runs.state.${state.state}`)
    buttons.hidden = !training || isTrial(name) // what is asked of a trial would falsify its search
    search.hidden = !isTrial(name)
    if (isTrial(name)) {
      const of = name.split("/")[0]
      search.replaceChildren(t("tuning.of"), " ", h("a", { href: `#/tuning?search=${encodeURIComponent(of)}` }, of))
    }
    const within = training && last?.steps > 0 && last.epoch > state.epoch ? last.step / last.steps : 0
    bar.value = state.state === "finished" ? 1 : state.epochs ? Math.min(1, (state.epoch + within) / state.epochs) : 0
    const list = [
      [t("training.epoch"), `${training && last ? Math.max(last.epoch, state.epoch) : state.epoch} / ${state.epochs}`],
    ]
    if (training && last) {
      if (last.steps > 0) list.push([t("training.stepOf"), `${last.step} / ${last.steps}`])
      list.push([t("training.speed"), t("training.perSecond", { count: n(last.rate, 3) })])
      if (last.seconds > 0) list.push([t("training.left"), duration(last.seconds)])
      list.push([t("runs.measure.loss"), n(last.loss, 4)], [t("runs.measure.lr"), n(last.lr, 3)])
    }
    if (state.bestEpoch)
      list.push([
        t("training.best", { epoch: state.bestEpoch }),
        `${measureName(state.monitor)} ${measureText(state.monitor, state.best)}`,
      ])
    if (state.verdict) list.push([t("training.verdict"), verdict(state.verdict)])
    if (state.error || state.problem) list.push([t("training.error"), state.error || state.problem])
    if (state.state === "stopped" && !isTrial(name))
      list.push([t("training.resume"), command(`lamina resume ${argument(state.folder)}`)])
    facts.replaceChildren(...list.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value))))
  }

  async function control(what, done) {
    try {
      await page.post(`control/${encodeURIComponent(name)}`, what)
      page.show(null)
      page.say(t(done))
      halt.disabled = !!what.stop
      facts.append(h("div", {}, h("dt", {}, t("training.asked")), h("dd", {}, t(done))))
    } catch (error) {
      page.show(error)
    }
  }

  // Histograms over time: a column for each moment, a row for each bin, dark where there are many numbers.

  async function loadCounts() {
    const now = `${name} ${state.counted}`
    if (now === countedAt) return
    countedAt = now
    try {
      const reply = await page.get(`histograms/${encodeURIComponent(name)}`)
      if (now !== countedAt) return
      counts = reply.histograms
      drawCounts()
    } catch (error) {
      page.show(error)
    }
  }

  function drawCounts() {
    histograms.hidden = !counts.length
    const names = counts.at(-1)?.parameters.map(p => p.name) ?? []
    while (grid.children.length > names.length) grid.lastChild.remove()
    names.forEach((layer, i) => {
      let part = grid.children[i]
      if (!part) {
        part = h(
          "figure",
          {},
          h("figcaption", {}),
          ["weight", "gradient"].map(kind =>
            h(
              "div",
              { class: "heat" },
              h("p", { class: "kind" }, t(`training.${kind}`)),
              h("div", { class: "axis number" }, h("span", {}), h("span", {})),
              h("canvas", { role: "img" }),
            ),
          ),
        )
        grid.append(part)
      }
      part.querySelector("figcaption").textContent = layer
      part.querySelectorAll(".heat").forEach((heat, k) => drawHeat(heat, layer, ["weight", "gradient"][k]))
    })
  }

  function drawHeat(heat, layer, kind) {
    const moments = counts.map(c => c.parameters.find(p => p.name === layer)?.[kind]).filter(c => c?.counts?.length)
    heat.hidden = !moments.length
    if (!moments.length) return
    const low = Math.min(...moments.map(c => c.low)),
      high = Math.max(...moments.map(c => c.high))
    const canvas = heat.querySelector("canvas")
    const shares = new Float32Array(moments.length * BINS)
    moments.forEach((c, x) => {
      const rows = new Float64Array(BINS)
      const width = (c.high - c.low) / c.counts.length
      c.counts.forEach((count, i) => {
        // a bin may cover several rows, or less than one
        const from = ((c.low + i * width - low) / (high - low)) * BINS,
          to = ((c.low + (i + 1) * width - low) / (high - low)) * BINS
        for (let r = Math.floor(from); r < Math.min(Math.ceil(to), BINS); r++)
          rows[r] += (count * (Math.min(to, r + 1) - Math.max(from, r))) / (to - from)
      })
      const most = Math.max(...rows)
      rows.forEach((v, r) => {
        shares[(BINS - 1 - r) * moments.length + x] = most ? (v / most) ** 0.6 : 0
      })
    })
    paint(canvas, shares, moments.length, BINS, sequential)
    const [above, under] = heat.querySelectorAll(".axis span")
    above.textContent = n(high, 2)
    under.textContent = n(low, 2)
    const last = moments.at(-1)
    canvas.setAttribute(
      "aria-label",
      t("training.range", { layer, kind: t(`training.${kind}`), low: n(last.low, 3), high: n(last.high, 3) }),
    )
  }

  // The test data.

  async function test() {
    const mine = name
    testButton.disabled = true
    testLine.textContent = t("training.testing")
    try {
      const reply = await page.get(`tested/${encodeURIComponent(name)}`)
      if (mine !== name) return
      tested = reply
      drawTested()
    } catch (error) {
      if (mine !== name) return
      testLine.textContent = error.message
      results.hidden = error.key === "training.noTest" // it has numbers or texts as results, not classes
    }
    if (mine === name) testButton.disabled = false
  }

  const picture = (a, wrong) => {
    const about = t(wrong ? "training.wrong" : "training.answer", {
      target: tested.names[a.target],
      predicted: tested.names[a.predicted],
      percent: (100 * a.probability).toFixed(0),
    })
    const image = tested.pictures
      ? h("img", {
          src: `api/training/picture/${encodeURIComponent(name)}/${a.index}`,
          alt: "",
          loading: "lazy",
          width: 56,
          height: 56,
        })
      : h("span", { class: "index" }, a.index)
    return h(
      tested.inside ? "a" : "div",
      {
        class: "sample",
        href: tested.inside ? `#/inside?network=${encodeURIComponent(name)}&sample=${a.index}` : null,
        title: `${about} ${t("training.sample", { number: a.index })}`,
      },
      image,
      h(
        "span",
        { class: "caption number" },
        `${tested.names[a.target]} → ${tested.names[a.predicted]}`,
        h("br"),
        `${(100 * a.probability).toFixed(0)}%`,
      ),
      h("span", { class: "visually-hidden" }, about),
    )
  }

  function drawTested() {
    const { names, matrix: rows } = tested
    found.hidden = false
    testButton.hidden = state.state !== "training"
    testLine.textContent = t(tested.tested < tested.all ? "training.testedPart" : "training.tested", {
      right: tested.right,
      tested: tested.tested,
      all: tested.all,
      percent: ((100 * tested.right) / (tested.tested || 1)).toFixed(2),
    })
    behindPart.hidden = !rows
    if (!rows) matrix.replaceChildren(h("p", { class: "hint" }, t("training.manyClasses", { count: names.length })))
    else {
      const most = Math.max(1, ...rows.flatMap((r, i) => r.filter((_, j) => i !== j)))
      matrix.replaceChildren(
        h(
          "table",
          { class: "confusion number" },
          h("caption", {}, t("training.cells")),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("td", {}),
              names.map(x => h("th", { scope: "col" }, x)),
            ),
          ),
          h(
            "tbody",
            {},
            rows.map((row, i) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, names[i]),
                row.map((count, j) => {
                  if (!count) return h("td", {}, h("span", { class: "zero" }, "·"))
                  const button = h(
                    "button",
                    {
                      class: i === j ? "right" : "",
                      "aria-label": t("training.cell", { target: names[i], predicted: names[j], count }),
                      onclick: () => cell(i, j, button),
                    },
                    count,
                  )
                  if (i !== j) {
                    const share = count / most
                    button.style.background = css(sequential(share))
                    button.style.color = ink(sequential(share))
                  }
                  return h("td", {}, button)
                }),
              ),
            ),
          ),
        ),
      )
    }
    behind.replaceChildren(h("p", { class: "hint" }, t("training.choose")))
    mistakes.replaceChildren(
      ...(tested.mistakes?.length
        ? tested.mistakes.map(a => picture(a, true))
        : [h("p", { class: "hint" }, t("training.noMistakes"))]),
    )
  }

  async function cell(target, predicted, button) {
    const of = name
    try {
      const { samples } = await page.get(`cell/${encodeURIComponent(name)}/${target}/${predicted}`)
      if (of !== name || !button.isConnected) return // another run, or its matrix was drawn again
      matrix.querySelector("[aria-pressed]")?.removeAttribute("aria-pressed")
      button.setAttribute("aria-pressed", "true")
      behind.replaceChildren(...samples.map(a => picture(a, target !== predicted)))
    } catch (error) {
      page.show(error)
    }
  }

  // Following.

  // enable allows clicks and keys in the parts that need the run's state, or not.
  function enable(on) {
    for (const part of [buttons, curves, results, histograms]) part.inert = !on
  }

  function go(next) {
    if (next === name && stop) return
    name = next
    page.show(null)
    if (isTrial(name) && ![...select.options].some(o => o.value === name))
      select.prepend(h("option", { value: name }, name))
    stop?.()
    state = tested = null
    enable(false)
    counts = []
    countedAt = testedAt = ""
    halt.disabled = testButton.disabled = false
    select.value = name
    page.setParams({ run: name })
    found.hidden = true
    results.hidden = false
    testLine.textContent = ""
    stop = page.events(`follow/${encodeURIComponent(name)}`, {
      state(s) {
        state = s
        body.hidden = false
        enable(true)
        drawState()
        drawCurves()
        loadCounts()
        // A finished run is tested at once; during a training a test would take its processor.
        if (s.state !== "training" && s.epoch > 0 && testedAt !== `${name} ${s.epoch}`) {
          testedAt = `${name} ${s.epoch}`
          test()
        }
        if (s.state === "training") testButton.hidden = false
      },
    })
  }

  page.events("runs", {
    cards(reply) {
      cards = reply.cards.filter(c => !c.folds) // a cross-validation is trained fold by fold
      const none = !cards.length && !isTrial(name)
      empty.hidden = !none
      hint.hidden = none
      empty.replaceChildren(h("p", {}, t("runs.none", { folder: reply.folder })), command("lamina train mnist"))
      if (none) {
        body.hidden = true
        return
      }
      const options = cards.map(c => c.name)
      if (isTrial(name)) options.unshift(name)
      if (options.join("\n") !== [...select.options].map(o => o.value).join("\n"))
        select.replaceChildren(...options.map(x => h("option", { value: x }, x)))
      const running = cards.filter(c => c.state === "training")
      const within = c => running.some(d => d.name.startsWith(c.name + "/")) // such as a fold, which has the curves
      const wanted = options.includes(name) ? name : (running.find(c => !within(c)) ?? cards[0]).name
      if (!stop || wanted !== name) {
        const gone = name && wanted !== name ? name : null // removed, or never there
        stop?.()
        stop = null
        go(wanted)
        if (gone) page.show(new Error(t("runs.unknown", { name: gone })))
      }
      select.value = name
    },
  })
  onTheme(() => {
    drawCounts()
    if (tested) drawTested()
  }, page.signal)
  return {
    state(params) {
      const next = params.get("run")
      if (next && next !== name) go(next)
    },
  }
}
