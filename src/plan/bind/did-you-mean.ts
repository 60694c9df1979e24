// "Did you mean": the nearest of the names that exist, if it is near enough to be what was meant.

/** Edits that a name may be away: a third of its length, at least one. */
function editsMax(name: string): number {
  return Math.max(1, Math.floor(name.length / 3))
}

export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  // Another name of the same length with nothing in common is no near name.
  let bestEdits = Math.min(editsMax(name) + 1, name.length)
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestEdits)
    if (edits < bestEdits) {
      best = candidate
      bestEdits = edits
    }
  }
  return best
}

/** `Did you mean "x"?`, or what there is when it is little, or nothing. */
export function didYouMean(name: string, candidates: readonly string[], what?: string): string | undefined {
  const nearest = nearestName(name, candidates)
  if (nearest !== undefined) return `Did you mean "${nearest}"?`
  if (what === undefined || candidates.length === 0 || candidates.length > 12) return undefined
  return `${what}: ${candidates.join(', ')}.`
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` when there are at least so many. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let previous2: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let edits = Math.min(
        (previous[j] as number) + 1,
        (current[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      )
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) edits = Math.min(edits, (previous2[j - 2] as number) + 1)
      current.push(edits)
    }
    previous2 = previous
    previous = current
  }
  return Math.min(previous[b.length] as number, limit)
}
