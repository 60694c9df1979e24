import { describe, expect, it } from 'vitest'
import { META_COMMANDS, metaHelp, parseMetaCommand } from './meta-commands.ts'

describe('parseMetaCommand', () => {
  it.each([
    ['\\d', { kind: 'list', objects: ['stream', 'table', 'view', 'materialized-view', 'sink', 'query'] }],
    ['\\d Orders', { kind: 'describe', name: 'orders' }],
    ['\\d "Or""ders";', { kind: 'describe', name: 'Or"ders' }],
    ['\\dv', { kind: 'list', objects: ['view', 'materialized-view'] }],
    ['\\explain SELECT 1;', { kind: 'explain', sql: 'SELECT 1' }],
    ['  \\o json ', { kind: 'output', format: 'json' }],
    ['\\i dir/a file.sql', { kind: 'include', path: 'dir/a file.sql' }],
    ['\\q', { kind: 'quit' }],
  ])('%j', (line, command) => {
    expect(parseMetaCommand(line)).toEqual(command)
  })

  it.each(['\\nope', '\\o xml', '\\o', '\\i', '\\explain', '\\'])('%j says what is wrong with it', (line) => {
    const command = parseMetaCommand(line)
    expect(command).toMatchObject({ kind: 'invalid', hint: '\\? lists the commands' })
  })

  it('knows each command of its help', () => {
    const argument: Record<string, string> = { '\\explain': 'SELECT 1', '\\o': 'csv', '\\i': 'a.sql' }
    for (const [name] of META_COMMANDS) {
      expect(parseMetaCommand(`${name} ${argument[name] ?? ''}`).kind, name).not.toBe('invalid')
      expect(metaHelp()).toContain(name)
    }
  })
})
