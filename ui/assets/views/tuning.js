// Tuning: the trials of a search: the result over the epochs and over each setting, and the leaderboard.
import { h, t, argument, command } from "../page.js"
import { measureText } from "../measures.js"
import { plot, svg } from "./tuning/plot.js"
import { duration, measureTitle } from "./tuning/texts.js"

const STATES = ["complete", "pruned", "running", "interrupted", "failed"]

export function open(root, page) {
  let searches = []
  let name = page.params.get("search")
  let state = null
  let stop = null // ends the stream of the search
  let focus = null // the number of the trial that is pointed at
  let sort = page.params.get("sort") ?? "rank" // a column, with "-" before it if the largest is first

  const select = h("select", { id: "tuning-search", onchange: () => go(select.value) })
  const facts = h("dl", { class: "facts number" })
  const again = h("p", { class: "hint again" })
  const head = h(
    "section",
    { class: "panel head", "aria-label": t("tuning.search") },
    h("div", { class: "field" }, h("label", { for: "tuning-search" }, t("tuning.search")), select),
    facts,
    again,
  )
  const half = h("input", {
    type: "checkbox",
    checked: page.params.has("half"),
    onchange: () => {
      page.setParams({ half: half.checked ? 1 : null })
      drawPlots()
    },
  })
  const goal = h("p", { class: "hint" })
  const key = h("ul", { class: "key" })
  const grid = h("div", { class: "plots" })
  const about = h("p", { class: "about" })
  const plots = h(
    "section",
    { class: "panel", "aria-label": t("tuning.plots") },
    h(
      "div",
      { class: "row split" },
      h("h2", {}, t("tuning.plots")),
      h("label", { class: "row" }, half, t("tuning.half")),
    ),
    goal,
    key,
    grid,
    about,
  )
  const table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("tuning.table") })
  const part = h("p", { class: "hint", hidden: true })
  const board = h(
    "section",
    { class: "panel", "aria-label": t("tuning.table") },
    h("h2", {}, t("tuning.table")),
    part,
    table,
  )
  const empty = h("div", { class: "panel empty", hidden: true })
  const hint = h("p", { class: "hint" }, t("tuning.try"))
  const body = h("div", { class: "body", hidden: true }, head, plots, board)
  root.append(hint, empty, body)

  const trialName = trial => t("tuning.trialOf", { number: trial.number })
  const address = trial => `#/training?run=${encodeURIComponent(trial.run)}`
  const best = () => (state.trials[0]?.state === "complete" ? state.trials[0] : null)

  // The summary.

  function drawHead() {
    const counts = STATES.filter(s => state.counts[s]).map(s => `${state.counts[s]} ${t(`tuning.state.${s}`)}`)
    const list = [[t("tuning.trials"), counts.join(" · ")]]
    const first = best()
    if (first) {
      list.push([
        t("tuning.best"),
        t("tuning.bestOf", { value: measureText(state.monitor, first.value), trial: trialName(first) }),
      ])
      for (const p of state.space) if (first.values[p.name]) list.push([p.name, first.values[p.name]])
    }
    facts.replaceChildren(...list.map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))))
    again.hidden = !state.best
    again.replaceChildren(t("tuning.again"), " ", command(`lamina train --config ${argument(state.best)}`))
  }

  // The pictures.

  function drawPlots() {
    const seen = state.trials.filter(x => x.value !== null)
    half.parentElement.hidden = seen.length < 4
    if (!seen.length) {
      goal.textContent = t("tuning.waiting")
      grid.replaceChildren()
      key.replaceChildren()
      return
    }
    const measure = measureTitle(state.monitor)
    goal.replaceChildren(
      t(state.maximize ? "tuning.goal.high" : "tuning.goal.low", { measure }),
      state.counts.pruned ? ` ${t("tuning.why.pruned")}` : "",
    )
    const first = best()
    const shown = half.checked ? betterHalf(seen) : seen
    const kinds = [...(first ? ["best"] : []), ...STATES.filter(s => shown.some(x => x.state === s && x !== first))]
    key.replaceChildren(...kinds.map(kind => h("li", {}, mark(kind), t(`tuning.state.${kind}`))))
    const options = {
      trials: shown,
      best: first,
      measure,
      percent: state.monitor === "accuracy",
      over,
      choose,
    }
    grid.replaceChildren(
      ...[null, ...state.space].map(param => {
        const figure = plot(param, options)
        const title = param ? param.name : t("tuning.overEpochs")
        return h("figure", { title: param?.doc }, h("figcaption", {}, title), figure)
      }),
    )
    markFocus()
  }

  // mark returns the sign of a kind of trial.
  function mark(kind) {
    const picture = svg("svg", { viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true" })
    picture.append(plot.sign(kind, 0, 0))
    return picture
  }

  function betterHalf(trials) {
    const order = trials.toSorted((a, b) => (state.maximize ? b.value - a.value : a.value - b.value))
    const kept = new Set(order.slice(0, Math.ceil(order.length / 2)))
    return trials.filter(x => kept.has(x))
  }

  // The leaderboard.

  const columns = () => [
    { key: "rank", title: t("tuning.rank"), value: (x, i) => i, cell: (x, i) => i + 1 },
    {
      key: "trial",
      title: t("tuning.trial"),
      value: x => x.number,
      cell: x => (x.run ? h("a", { href: address(x) }, trialName(x)) : trialName(x)),
    },
    {
      key: "value",
      title: measureTitle(state.monitor),
      value: x => x.value,
      cell: x => (x.value === null ? "–" : measureText(state.monitor, x.value)),
    },
    { key: "epochs", title: t("tuning.count"), value: x => x.epochs, cell: x => x.epochs },
    {
      key: "state",
      title: t("tuning.state"),
      value: x => STATES.indexOf(x.state),
      cell: x =>
        h(
          "span",
          { class: "badge", title: x.error ?? null },
          mark(x === best() ? "best" : x.state),
          t(`tuning.state.${x.state}`),
        ),
    },
    ...state.space.map(p => ({
      key: p.name,
      title: p.name,
      doc: p.doc,
      value: x => {
        const text = x.values[p.name]
        if (text === undefined) return null
        return p.choices ? p.choices.indexOf(text) : +text
      },
      cell: x => x.values[p.name] ?? "–",
    })),
    {
      key: "seconds",
      title: t("tuning.seconds"),
      value: x => x.seconds || null,
      cell: x => (x.seconds ? duration(x.seconds) : "–"),
    },
  ]

  function drawTable() {
    const list = columns()
    const down = sort.startsWith("-")
    const by = list.find(c => c.key === sort.replace(/^-/, "")) ?? list[0]
    const rows = state.trials.map((trial, i) => ({ trial, i, value: by.value(trial, i) }))
    rows.sort((a, b) => {
      if ((a.value === null) !== (b.value === null)) return a.value === null ? 1 : -1 // what is missing is last
      return (down ? b.value - a.value : a.value - b.value) || a.i - b.i
    })
    const kept = table.contains(document.activeElement) && document.activeElement.dataset.key
    const { scrollLeft } = table
    table.replaceChildren(
      h(
        "table",
        { class: "board number" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            list.map(c => {
              const on = c === by
              return h(
                "th",
                { scope: "col", "aria-sort": on ? (down ? "descending" : "ascending") : null, title: c.doc },
                h(
                  "button",
                  { "data-key": c.key, title: t("tuning.sort", { column: c.title }), onclick: () => sortBy(c.key) },
                  c.title,
                  h("span", { "aria-hidden": "true", class: "way" }, on ? (down ? " ↓" : " ↑") : ""),
                ),
              )
            }),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map(({ trial, i }) =>
            h(
              "tr",
              {
                "data-trial": trial.number,
                class: trial === best() ? "best" : "",
                onpointerenter: () => over(trial.number),
                onfocusin: () => over(trial.number),
              },
              list.map(c =>
                h(c.key === "trial" ? "th" : "td", c.key === "trial" ? { scope: "row" } : {}, c.cell(trial, i)),
              ),
            ),
          ),
        ),
      ),
    )
    table.scrollLeft = scrollLeft
    if (kept) table.querySelector(`[data-key="${CSS.escape(kept)}"]`)?.focus()
    const all = Object.values(state.counts).reduce((a, b) => a + b, 0)
    part.hidden = all === state.trials.length
    part.textContent = t("tuning.part", { count: state.trials.length })
    markFocus()
  }

  function sortBy(column) {
    if (sort === column) sort = `-${column}`
    else if (sort === `-${column}`) sort = column
    else sort = column === "value" && state.maximize ? `-${column}` : column
    page.setParams({ sort: sort === "rank" ? null : sort })
    drawTable()
  }

  // One trial in all pictures and in the table.

  function over(number) {
    if (focus === number) return
    focus = number
    markFocus()
  }

  function choose(trial) {
    if (trial.run) location.hash = address(trial)
  }

  function markFocus() {
    for (const e of root.querySelectorAll(".over")) e.classList.remove("over")
    const trial = state?.trials.find(x => x.number === focus) ?? (state ? best() : null)
    about.replaceChildren()
    if (!trial) return
    if (focus !== null)
      for (const e of root.querySelectorAll(`[data-trial="${trial.number}"]`)) {
        e.classList.add("over")
        if (e.ownerSVGElement) e.parentNode.append(e) // above the others
      }
    const settings = state.space
      .filter(p => trial.values[p.name] !== undefined)
      .map(p => `${p.name} = ${trial.values[p.name]}`)
    about.append(
      trial.error
        ? t("tuning.failedAbout", { trial: trialName(trial), error: trial.error })
        : t("tuning.about", {
            trial: trialName(trial),
            value:
              trial.value === null ? "–" : `${measureTitle(state.monitor)} ${measureText(state.monitor, trial.value)}`,
            epochs: trial.epochs,
            state: t(`tuning.state.${trial.state}`),
          }),
      " ",
      h("span", { class: "settings" }, settings.join(", ")),
      " ",
    )
    if (trial.state === "interrupted") about.append(t("tuning.why.interrupted"), " ")
    if (trial.run) about.append(h("a", { href: address(trial) }, t("tuning.open")))
  }

  function move(step) {
    const rows = [...table.querySelectorAll("tbody tr")]
    if (!rows.length) return
    const at = rows.findIndex(r => +r.dataset.trial === focus)
    const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)]
    over(+row.dataset.trial)
    page.say(about.textContent)
  }
  page.keys({
    ArrowUp: [() => move(-1), "tuning.keyBack"],
    ArrowDown: [() => move(1), "tuning.keyOn"],
  })

  // Following.

  function go(next) {
    stop?.()
    page.show(null)
    name = next
    state = null
    plots.inert = board.inert = true // until the state arrives
    focus = null
    select.value = name
    page.setParams({ search: name })
    stop = page.events(`follow/${encodeURIComponent(name)}`, {
      state(s) {
        state = s
        body.hidden = plots.inert = board.inert = false
        drawHead()
        drawPlots()
        drawTable()
      },
    })
  }

  page.events("searches", {
    searches(reply) {
      searches = reply.searches
      empty.hidden = !!searches.length
      hint.hidden = !searches.length
      empty.replaceChildren(h("p", {}, t("tuning.none", { folder: reply.folder })), command("lamina tune mnist"))
      if (!searches.length) {
        body.hidden = true
        return
      }
      if (searches.join("\n") !== [...select.options].map(o => o.value).join("\n"))
        select.replaceChildren(...searches.map(x => h("option", { value: x }, x)))
      const wanted = searches.includes(name) ? name : searches[0]
      const gone = name && wanted !== name ? name : null // removed, or never there
      if (!stop || wanted !== name) go(wanted)
      if (gone) page.show(new Error(t("tuning.unknown", { name: gone })))
      select.value = name
    },
  })
  return {
    state(params) {
      const next = params.get("search")
      sort = params.get("sort") ?? "rank"
      half.checked = params.has("half")
      if (next && next !== name) go(next)
      else if (state) {
        drawPlots()
        drawTable()
      }
    },
  }
}
