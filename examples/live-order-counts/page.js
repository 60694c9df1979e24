// Shows what dashboard.ts sends. Values become text and never markup: textContent alone, no innerHTML.

const regionsRow = document.querySelector('#regions')
const minutesBody = document.querySelector('#minutes')
const state = document.querySelector('#state')
/** As of dashboard.ts. */
const MINUTES_MAX = 10
/** minute → region → cell */
let table = new Map()

const events = new EventSource('events')
events.addEventListener('table', ({ data }) => {
  table = new Map()
  put(JSON.parse(data))
})
events.addEventListener('cells', ({ data }) => put(JSON.parse(data)))
events.addEventListener('connected', ({ data }) => show(data === 'true' ? 'live' : 'the server is away'))
// The browser connects again by itself, and is given the table anew.
events.addEventListener('error', () => show('the dashboard is away'))

function show(text) {
  state.textContent = text
  state.classList.toggle('away', text !== 'live')
}

function put(cells) {
  for (const cell of cells) {
    const minute = table.get(cell.minute) ?? new Map()
    table.set(cell.minute, minute.set(cell.region, cell))
  }
  const minutes = [...table.keys()].sort().reverse()
  for (const old of minutes.splice(MINUTES_MAX)) table.delete(old)
  const regions = [...new Set([...table.values()].flatMap((minute) => [...minute.keys()]))].sort()
  regionsRow.replaceChildren(...['minute', ...regions].map((text) => element('th', text)))
  minutesBody.replaceChildren(...minutes.map((minute) => row(minute, regions)))
}

function row(minute, regions) {
  const tr = element('tr', '')
  tr.append(element('th', minute.slice(0, 16).replace('T', ' ')))
  for (const region of regions) {
    const cell = table.get(minute).get(region)
    const td = element('td', cell?.orders ?? '')
    if (cell !== undefined) td.append(element('small', cell.revenue))
    tr.append(td)
  }
  return tr
}

function element(name, text) {
  const made = document.createElement(name)
  made.textContent = text
  return made
}
