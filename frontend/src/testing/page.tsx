import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { client } from '@/api/generated/client.gen'
import { Uploads, UploadsContext } from '@/features/upload'
import { routeTree } from '@/routeTree.gen'
import { CONFIG, DEMO, HEALTH } from './data'

/**
 * Answers by `METHOD /path`: a value is sent as JSON, a Response as it is, a function is asked with the body, or with
 * the address where there is none; a promise is waited for.
 */
export type Answers = Record<string, unknown>

const CATALOGUE: Answers = {
  'GET /api/config': CONFIG,
  'GET /api/health': HEALTH,
  'GET /api/profiles': [DEMO],
  'GET /api/session': { closed: false, signedIn: true },
  'GET /api/strategies': [],
}

export function problem(status: number, detail: string): Response {
  return Response.json({ type: '/problems/test', title: 'Test', status, detail }, { status })
}

async function respond(answers: Answers, request: Request): Promise<Response> {
  const given = answers[`${request.method} ${new URL(request.url).pathname}`]
  const asked = request.body === null ? new URL(request.url) : await request.json()
  const value = typeof given === 'function' ? await given(asked) : given
  if (value instanceof Response) return value.clone()
  return value === undefined ? problem(404, `No answer for ${request.method} ${request.url}`) : Response.json(value)
}

function answerWith(answers: Answers): void {
  client.setConfig({
    baseUrl: 'http://stemset.test',
    fetch: (request) => respond({ ...CATALOGUE, ...answers }, request as Request),
  })
}

/** One part of the page by itself, over a service that gives these answers; its links lead to real addresses. */
export function renderPart(part: ReactNode, answers: Answers = {}) {
  answerWith(answers)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const everywhere = createRootRoute({ component: () => part })
  const router = createRouter({ routeTree: everywhere, history: createMemoryHistory() })
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  return { queryClient }
}

/** The whole page at an address, over a service that gives these answers. */
export function renderPage(path: string, answers: Answers, uploads = new Uploads()) {
  answerWith(answers)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const history = createMemoryHistory({ initialEntries: [path] })
  const router = createRouter({ routeTree, context: { queryClient }, history })
  render(
    <QueryClientProvider client={queryClient}>
      <UploadsContext value={uploads}>
        <RouterProvider router={router as never} />
      </UploadsContext>
    </QueryClientProvider>,
  )
  return { history }
}
