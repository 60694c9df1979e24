import { describe, expect, it } from 'vitest'
import type { PeerTablePage } from '../peers.ts'
import { VIEWS_MAX } from '../table-cursors.ts'
import { ViewCursors } from './view-cursors.ts'

const REQUEST = { view: 'v', partition: 0, from: new Uint8Array(), to: undefined }
const page = (end: boolean): PeerTablePage => ({ entries: [], resultEnd: 7, end })

describe('views that a thread reads', () => {
  it('are read page by page, and gone after the last one', async () => {
    const cursors = new ViewCursors(async function* () {
      yield page(false)
      yield page(true)
    })
    const { cursor } = await cursors.read(REQUEST, undefined)
    expect(cursors.size).toBe(1)
    expect(await cursors.read(REQUEST, cursor)).toMatchObject({ resultEnd: 7, cursor: undefined })
    expect(cursors.size).toBe(0)
    await expect(cursors.read(REQUEST, cursor)).rejects.toThrow('the reading of view "v" was closed')
  })

  it('are let go of when they fail, or are left', async () => {
    const ended: string[] = []
    const cursors = new ViewCursors(async function* ({ view }, signal) {
      try {
        yield page(false)
        if (view === 'bad') throw new Error('moved')
        yield page(false)
      } finally {
        ended.push(`${view} ${signal.aborted}`)
      }
    })
    const bad = { ...REQUEST, view: 'bad' }
    const { cursor } = await cursors.read(bad, undefined)
    await expect(cursors.read(bad, cursor)).rejects.toThrow('moved')
    await cursors.read(REQUEST, undefined)
    await cursors.closeAll()
    expect(ended).toEqual(['bad false', 'v true'])
    expect(cursors.size).toBe(0)
  })

  it('are bounded', async () => {
    const cursors = new ViewCursors(async function* () {
      yield page(false)
    })
    for (let i = 0; i < VIEWS_MAX; i++) await cursors.read(REQUEST, undefined)
    await expect(cursors.read(REQUEST, undefined)).rejects.toThrow(`at most ${VIEWS_MAX}`)
    await cursors.close('1')
    expect((await cursors.read(REQUEST, undefined)).cursor).toBeDefined()
  })
})
