import { useState } from 'preact/hooks'
import { hasToken, setToken } from '../api.ts'

/** Asks for a token; it stays in this tab. */
export function TokenForm({ why }: { why: string }) {
  const [token, setText] = useState('')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setToken(token.trim())
    location.reload()
  }
  return (
    <form class="notice" onSubmit={submit}>
      <p class="notice-title">This server wants to know who you are</p>
      {hasToken() && <p role="alert">{why}</p>}
      <label for="token">Token</label>
      <div class="row">
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Continue
        </button>
      </div>
      <p class="dim">
        An API token (<code>weir token create</code>) or a JWT. It is kept for this tab only.
      </p>
    </form>
  )
}
