import { useEffect, useRef, useState } from 'preact/hooks'
import { type Failure, failureOf, isCancelled } from './api.ts'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly failure: Failure }
  | { readonly state: 'ready'; readonly value: T; readonly stale: Failure | undefined }

/**
 * Loads again every so often while the page is looked at. What was there stays while the server does not answer, with
 * the reason beside it. `again` loads at once.
 */
export function usePolled<T>(
  load: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
  of: readonly unknown[],
): readonly [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' })
  const again = useRef<() => void>(() => undefined)
  useEffect(() => {
    const leave = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let running = false
    setLoaded({ state: 'loading' })
    const look = async () => {
      clearTimeout(timer)
      if (running) return
      running = true
      try {
        if (document.visibilityState === 'visible') {
          const value = await load(leave.signal)
          if (!leave.signal.aborted) setLoaded({ state: 'ready', value, stale: undefined })
        }
      } catch (error) {
        if (leave.signal.aborted || isCancelled(error)) return
        const failure = failureOf(error)
        setLoaded((before) => (before.state === 'ready' ? { ...before, stale: failure } : { state: 'failed', failure }))
      } finally {
        running = false
        if (!leave.signal.aborted) timer = setTimeout(() => void look(), everyMs)
      }
    }
    again.current = () => void look()
    document.addEventListener('visibilitychange', again.current)
    void look()
    return () => {
      leave.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', again.current)
    }
  }, of)
  return [loaded, () => again.current()]
}

/** The part behind `#`: `#/queries/orders` is `['queries', 'orders']`. */
export function useRoute(): readonly string[] {
  const [route, setRoute] = useState(readRoute)
  useEffect(() => {
    const follow = () => setRoute(readRoute())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

function readRoute(): readonly string[] {
  return location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    })
}

export function linkTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`
}
