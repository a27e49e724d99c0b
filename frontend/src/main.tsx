import '@fontsource-variable/inter/index.css'
import '@fontsource-variable/jetbrains-mono/index.css'
import './styles.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isProblem } from './api/problem'
import { cacheSession, createWatchedCaches } from './features/accounts'
import { refreshRecordings } from './features/jobs'
import { registerWorker } from './features/offline'
import { BrowserUploadStorage, sendRecording, Uploads, UploadsContext } from './features/upload'
import { routeTree } from './routeTree.gen'

const queryClient: QueryClient = new QueryClient({
  ...createWatchedCaches(() => {
    cacheSession(queryClient, { closed: true, signedIn: false })
    void router.invalidate()
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A problem document is an answer: asking again gives the same one.
      retry: (failures, error) => failures < 2 && !isProblem(error),
      // The server may run on this very machine, where "offline" means nothing.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

const uploads = new Uploads(sendRecording, new BrowserUploadStorage())
uploads.onUploaded = () => void refreshRecordings(queryClient)
void uploads.resume()
window.addEventListener('beforeunload', (event) => {
  if (uploads.busy) event.preventDefault()
})

const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

registerWorker()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <UploadsContext value={uploads}>
        <RouterProvider router={router} />
      </UploadsContext>
    </QueryClientProvider>
  </StrictMode>,
)
