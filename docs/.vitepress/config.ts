// The site of the documentation: the Markdown of this repository as it stands, with a search that needs no server.
// Links are those that a reader of the files follows; one that leads nowhere stops the build.

import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import { SIDEBAR } from './sidebar.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Pages of the site; all else of the repository is text where a page names it. */
const PAGES = /^(README|CONTRIBUTING|CHANGELOG|(docs|examples|clients|deploy|test|bench)\/(?!.*node_modules).*)\.md$/
/** Served as they are. */
const FILES = ['docs/sql/railroad.html']

const adrs = readdirSync(join(ROOT, 'docs/adr'))
  .sort()
  .map((file) => ({ text: file.slice(0, -3).replaceAll('-', ' '), link: `/docs/adr/${file.slice(0, -3)}` }))

export default defineConfig({
  title: 'Weir',
  description: 'Streaming SQL over Kafka, served by gRPC',
  srcDir: '..',
  srcExclude: ['**/node_modules/**', 'dist/**', 'src/**', 'proto/**', 'test/*/**', 'clients/*/target/**', '.*/**'],
  outDir: '../dist/site',
  cleanUrls: false,
  rewrites: { 'README.md': 'index.md' },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // Of generated files and folders: those that are there are made text below.
  ignoreDeadLinks: [/railroad/],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'SQL', link: '/docs/sql/README' },
      { text: 'Operate', link: '/docs/deploy' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: [
      ...SIDEBAR.map(({ text, items }) => ({
        text,
        collapsed: false,
        items: items.map(({ text: title, link }) => ({ text: title, link: link === '/README' ? '/' : link })),
      })),
      { text: 'Decisions', collapsed: true, items: adrs },
    ],
    outline: [2, 3],
    docFooter: { prev: 'Before', next: 'Next' },
  },
  markdown: {
    // An address in an example is no link.
    linkify: false,
    config(md) {
      md.core.ruler.push('repository-links', ({ tokens, env }) => {
        const from = dirname((env as { relativePath: string }).relativePath)
        for (const token of tokens) {
          for (const [at, child] of (token.children ?? []).entries()) {
            if (child.type !== 'link_open') continue
            const href = child.attrGet('href') ?? ''
            if (/^([a-z]+:|#)/.test(href)) continue
            const [path = '', anchor] = href.split('#')
            const target = join(from, decodeURI(path)).replace(/\/$/, '')
            const page = pageOf(target)
            if (page === undefined) {
              // Of the repository, and no page: its name stays.
              if (!existsSync(join(ROOT, target)) || FILES.includes(target)) continue
              child.type = 'em_open'
              child.tag = 'em'
              child.attrs = null
              const close = token.children?.slice(at).find(({ type }) => type === 'link_close')
              if (close !== undefined) Object.assign(close, { type: 'em_close', tag: 'em' })
            } else if (page !== target) child.attrSet('href', `/${page}${anchor === undefined ? '' : `#${anchor}`}`)
          }
        }
      })
    },
  },
  buildEnd({ outDir }) {
    for (const file of FILES) {
      mkdirSync(dirname(join(outDir, file)), { recursive: true })
      cpSync(join(ROOT, file), join(outDir, file))
    }
  },
})

/** The page behind a path of the repository: the page itself, or that of a folder. */
function pageOf(target: string): string | undefined {
  const path = join(ROOT, target)
  if (!existsSync(path)) return undefined
  const page = statSync(path).isDirectory() ? join(target, 'README.md') : target
  return PAGES.test(page) && existsSync(join(ROOT, page)) ? page : undefined
}
