import { render } from 'preact'
import { forgetToken, hasToken } from './api.ts'
import { linkTo, useRoute } from './hooks.ts'
import { DeadLettersPage } from './pages/dead-letters.tsx'
import { EditorPage } from './pages/editor.tsx'
import { ObjectivesPage } from './pages/objectives.tsx'
import { QueriesPage } from './pages/queries.tsx'
import { QueryPage } from './pages/query.tsx'
import { StreamPage, StreamsPage } from './pages/streams.tsx'
import { Notice } from './parts/states.tsx'
import './style.css'

const PAGES = [
  ['queries', 'Queries'],
  ['editor', 'Editor'],
  ['streams', 'Streams'],
  ['dead-letters', 'Dead letters'],
  ['objectives', 'Objectives'],
] as const

function App() {
  const route = useRoute()
  const [page = ''] = route
  const current = page === '' ? 'queries' : page
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the page
      </button>
      <header>
        <a class="brand" href={linkTo('queries')}>
          Weir
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([name, title]) => (
            <a key={name} href={linkTo(name)} aria-current={name === current ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        {hasToken() && (
          <button type="button" onClick={leave}>
            Forget token
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <Page of={route} />
      </main>
    </>
  )
}

function Page({ of: [page, name] }: { of: readonly string[] }) {
  switch (page) {
    case '':
    case undefined:
    case 'queries':
      return name ? <QueryPage key={name} name={name} /> : <QueriesPage />
    case 'editor':
      return <EditorPage />
    case 'streams':
      return name ? <StreamPage key={name} name={name} /> : <StreamsPage />
    case 'dead-letters':
      return <DeadLettersPage name={name} />
    case 'objectives':
      return <ObjectivesPage />
    default:
      return (
        <>
          <h1>Not found</h1>
          <Notice title="There is no such page" />
        </>
      )
  }
}

/** The hash is the address of the page, so that a link into it would lead elsewhere. */
function skip(): void {
  document.getElementById('main')?.focus()
}

function leave(): void {
  forgetToken()
  location.reload()
}

const place = document.getElementById('app')
if (place !== null) render(<App />, place)
