// The SQL editor: colours, completion of words, functions and names of the catalog, and what the server says of the
// text, where it says it.

import { autocompletion } from '@codemirror/autocomplete'
import { sql } from '@codemirror/lang-sql'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic as Lint, linter, lintGutter } from '@codemirror/lint'
import { Compartment, EditorState, Prec } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'preact/hooks'
import { queries } from '../api.ts'
import { type Diagnostic, Diagnostic_Severity } from '../proto/weir/v1/types_pb.ts'
import { type Words, weirSql } from '../sql-words.ts'

const VALIDATE_AFTER_MS = 400
/** By class, so that the colours are those of the page's theme. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], class: 'tok-keyword' },
  { tag: tags.typeName, class: 'tok-type' },
  { tag: [tags.string, tags.special(tags.string)], class: 'tok-string' },
  { tag: tags.number, class: 'tok-number' },
  { tag: tags.comment, class: 'tok-comment' },
  { tag: tags.standard(tags.name), class: 'tok-function' },
])

export interface SqlEditorProps {
  readonly text: string
  readonly words: Words
  readonly onChange: (text: string) => void
  /** Ctrl-Enter, with what is selected, else all. */
  readonly onRun: (text: string) => void
}

export function SqlEditor({ text, words, onChange, onRun }: SqlEditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const editor = useRef<{ view: EditorView; language: Compartment }>(undefined)
  const run = useRef(onRun)
  run.current = onRun
  useEffect(() => {
    if (place.current === null) return
    const language = new Compartment()
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          Prec.highest(
            keymap.of([
              {
                key: 'Mod-Enter',
                run: ({ state }) => {
                  const { from, to } = state.selection.main
                  run.current(from === to ? state.doc.toString() : state.sliceDoc(from, to))
                  return true
                },
              },
            ]),
          ),
          basicSetup,
          language.of(languageOf(words)),
          syntaxHighlighting(COLOURS),
          autocompletion({ activateOnTyping: true }),
          linter((of) => validate(of.state.doc.toString()), { delay: VALIDATE_AFTER_MS }),
          lintGutter(),
          EditorView.lineWrapping,
          EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    editor.current = { view, language }
    return () => view.destroy()
  }, [])
  // What is written and where the cursor stands stays.
  useEffect(() => {
    const { view, language } = editor.current ?? {}
    if (language !== undefined) view?.dispatch({ effects: language.reconfigure(languageOf(words)) })
  }, [words])
  return <div class="editor" ref={place} />
}

function languageOf(words: Words) {
  return sql({ dialect: weirSql(words), upperCaseKeywords: true, schema: words.tables })
}

/** What the server says of the text. Where it does not answer there is nothing to mark: running it will say why. */
async function validate(text: string): Promise<readonly Lint[]> {
  if (text.trim() === '') return []
  const answer = await queries.validate({ sql: text }).catch(() => undefined)
  return (answer?.diagnostics ?? []).map((one) => toLint(one, text.length))
}

const SEVERITIES = {
  [Diagnostic_Severity.UNSPECIFIED]: 'error',
  [Diagnostic_Severity.ERROR]: 'error',
  [Diagnostic_Severity.WARNING]: 'warning',
  [Diagnostic_Severity.NOTE]: 'info',
} as const

function toLint({ span, severity, message, hint }: Diagnostic, length: number): Lint {
  const from = Math.min(span?.start ?? 0, length)
  return {
    from,
    to: Math.min(Math.max(span?.end ?? from, from), length),
    severity: SEVERITIES[severity],
    message: hint === '' ? message : `${message}\n${hint}`,
  }
}
