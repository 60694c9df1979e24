// What stands where there is nothing to show: it loads, it failed, there is none.

import type { ComponentChildren } from 'preact'
import type { Failure } from '../api.ts'
import type { Loaded } from '../hooks.ts'
import { TokenForm } from './token-form.tsx'

export function Notice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <p class="notice-title">{title}</p>
      {children}
    </div>
  )
}

export function Failed({ failure }: { failure: Failure }) {
  if (failure.kind === 'token') return <TokenForm why={failure.message} />
  const titles = { rights: 'You may not see this', offline: 'No connection', other: 'That did not work' } as const
  return (
    <div class="notice failed" role="alert">
      <p class="notice-title">{titles[failure.kind]}</p>
      <p>{failure.message}</p>
      {failure.kind === 'offline' && <p class="dim">It is tried again every few seconds.</p>}
    </div>
  )
}

/** Shows what was loaded; while the server does not answer, what was there stays with a line above it. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (of.state === 'loading') return <Notice title="Loading…" />
  if (of.state === 'failed') return <Failed failure={of.failure} />
  return (
    <>
      {of.stale !== undefined && (
        <p class="stale" role="status">
          {of.stale.message} What is shown is from before.
        </p>
      )}
      {children(of.value)}
    </>
  )
}
