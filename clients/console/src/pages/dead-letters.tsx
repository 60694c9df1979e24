import { listedObjects } from '../api.ts'
import { linkTo, usePolled } from '../hooks.ts'
import { Notice, Shown } from '../parts/states.tsx'
import { ObjectKind } from '../proto/weir/v1/catalog_pb.ts'
import { Rows } from './streams.tsx'

const EVERY_MS = 10_000
/** The columns that make a stream one of dead letters. */
const DETAIL = /^reason STRING.*\brecord_offset\b/

export function DeadLettersPage({ name }: { name: string | undefined }) {
  const [loaded] = usePolled(loadDeadLetters, EVERY_MS, [])
  return (
    <>
      <h1>Dead letters</h1>
      <p class="dim">Records that could not be read and rows that could not be computed, with the reason.</p>
      <Shown of={loaded}>
        {(names) => {
          const shown = name ?? names[0]
          if (shown === undefined) {
            return (
              <Notice title="No stream keeps its dead letters">
                <p>
                  <code>{"CREATE STREAM … WITH (dead_letter_topic = 'name')"}</code> keeps them; without, they are
                  counted and left out.
                </p>
              </Notice>
            )
          }
          return (
            <>
              <nav class="tabs" aria-label="Streams of dead letters">
                {names.map((one) => (
                  <a key={one} href={linkTo('dead-letters', one)} aria-current={one === shown ? 'page' : undefined}>
                    {one}
                  </a>
                ))}
              </nav>
              <Rows name={shown} from="earliest" newestOnly />
            </>
          )
        }}
      </Shown>
    </>
  )
}

async function loadDeadLetters(signal: AbortSignal): Promise<readonly string[]> {
  const streams = await listedObjects(ObjectKind.STREAM, signal)
  return streams.filter(({ detail }) => DETAIL.test(detail)).map(({ name }) => name)
}
