// Draws a slide's words; a number is a button that opens its evidence in the top layer.
const make = (tag, text, name) => {
  const node = document.createElement(tag)
  if (text !== undefined && text !== null) node.textContent = String(text)
  if (name) node.className = name
  return node
}

function number(span) {
  const button = make("button", span.text, "n")
  button.type = "button"
  button.dataset.id = span.claim
  button.setAttribute("aria-haspopup", "dialog")
  return button
}

function sentence(tag, spans, name) {
  const node = make(tag, undefined, name)
  let last = null // the number before, which keeps its comma or full stop on its line
  for (const span of spans) {
    if (span.claim) { last = number(span); node.append(last); continue }
    const mark = last ? span.text.match(/^[,.;:!?)]+/)?.[0] ?? "" : ""
    if (mark) {
      const kept = make("span", undefined, "kept")
      last.replaceWith(kept)
      kept.append(last, document.createTextNode(mark))
    }
    node.append(document.createTextNode(span.text.slice(mark.length)))
    last = null
  }
  return node
}

function words(slide) {
  const parts = []
  if (slide.kicker) parts.push(make("p", slide.kicker, "kicker"))
  if (slide.title.length) parts.push(sentence("h3", slide.title, slide.question ? "question" : ""))
  for (const line of slide.body) parts.push(sentence("p", line, "body"))
  if (slide.caveats.length) {
    const list = make("ul", undefined, "caveats")
    list.append(...slide.caveats.map((line) => sentence("li", line)))
    parts.push(list)
  }
  return parts
}

function table(e) {
  const box = make("div", undefined, "rows")
  box.tabIndex = 0
  const grid = make("table"), head = make("tr"), thead = make("thead"), body = make("tbody")
  head.append(...e.columns.map((c) => { const th = make("th", c); th.scope = "col"; return th }))
  thead.append(head)
  e.rows.forEach((row, r) => {
    const tr = make("tr", undefined, r === e.row ? "hit" : "")
    tr.append(...row.map((v, c) => make("td", v, (r === e.row && c === e.column ? "hit" : "") + (v.length > 28 ? " long" : ""))))
    body.append(tr)
  })
  grid.append(thead, body)
  box.append(grid)
  return box
}

function action(text, what, go) {
  const button = make("button", text, go ? "go" : "")
  button.type = "button"
  button.dataset.do = what
  return button
}

function panel(e) {
  const header = make("header")
  header.append(make("b", e.name), make("span", e.value, "value"), make("span", e.note, "label"))
  const facts = make("dl", undefined, "receipt")
  facts.append(...e.receipt.map(([k, v]) => { const d = make("div"); d.append(make("dt", k), make("dd", v)); return d }))
  const sql = make("pre", e.sql)
  sql.tabIndex = 0
  const actions = make("div", undefined, "actions")
  if (e.recompute) actions.append(action("Recompute", "recompute", true))
  actions.append(action("Copy query", "copy"), action("Close", "close"))
  return [header, facts, make("span", "Query", "label"), sql, make("span", e.shown, "label"), table(e), make("p", e.sources, "label"), actions]
}

function place(pop, anchor) {
  const a = anchor.getBoundingClientRect(), w = pop.offsetWidth, h = pop.offsetHeight, gap = 8
  pop.style.left = Math.max(12, Math.min(a.left, innerWidth - w - 12)) + "px"
  const below = a.bottom + gap + h < innerHeight
  pop.style.top = Math.max(12, below ? a.bottom + gap : Math.min(a.top - gap - h, innerHeight - h - 12)) + "px"
}

export default function (component) {
  const { parentElement, setTriggerValue } = component
  const data = JSON.parse(component.data.json)
  const root = parentElement.querySelector("#root")
  const stamp = component.data.json
  if (root.dataset.stamp !== stamp) {
    root.dataset.stamp = stamp
    const box = make("div", undefined, "pop")
    box.setAttribute("popover", "")
    box.setAttribute("role", "dialog")
    root.replaceChildren(...words(data.slide), box)
  }
  const pop = root.querySelector(".pop")
  root.onclick = (event) => {
    const number = event.target.closest("button.n")
    const wanted = event.target.closest("[data-do]")?.dataset.do
    if (number && data.evidence[number.dataset.id]) {
      const e = data.evidence[number.dataset.id]
      pop.replaceChildren(...panel(e))
      pop.setAttribute("aria-label", "Evidence: " + e.name)
      pop.dataset.id = number.dataset.id
      pop.showPopover()
      place(pop, number)
      pop.querySelector("button")?.focus({ preventScroll: true })
    } else if (wanted === "recompute") {
      setTriggerValue("recompute", pop.dataset.id)
      pop.hidePopover()
    } else if (wanted === "copy") {
      navigator.clipboard?.writeText(data.evidence[pop.dataset.id].sql)
      event.target.textContent = "Copied"
    } else if (wanted === "close") {
      pop.hidePopover()
    }
  }
}
