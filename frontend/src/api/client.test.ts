import { afterEach, describe, expect, it } from 'vitest'
import { getRecording, listRecordings } from './generated'
import { client } from './generated/client.gen'
import { errorText, isNotFound, isUnreachable } from './problem'

const requests: Request[] = []

function answer(respond: () => Response | Promise<Response>) {
  client.setConfig({
    baseUrl: 'http://stemset.test',
    fetch: async (request) => {
      requests.push(request as Request)
      return respond()
    },
  })
}

afterEach(() => {
  requests.length = 0
})

describe('the client of the API', () => {
  it('puts names into the address as they are, whatever they hold', async () => {
    answer(() => Response.json({ items: [], total: 0, limit: 50, offset: 0 }))
    await listRecordings({ query: { profile: 'a & b', q: 'naïve?', limit: 50, offset: 100 } })
    const { searchParams } = new URL(requests[0]?.url ?? '')
    expect(Object.fromEntries(searchParams)).toEqual({ profile: 'a & b', q: 'naïve?', limit: '50', offset: '100' })
  })

  it('gives a problem document as the error, with the server’s words', async () => {
    const problem = { type: '/problems/not-found', title: 'Not found', status: 404, detail: 'There is no recording x.' }
    answer(() => Response.json(problem, { status: 404, headers: { 'Content-Type': 'application/problem+json' } }))
    const { data, error, response } = await getRecording({ path: { recording_id: 'x' } })
    expect(data).toBeUndefined()
    expect(response?.status).toBe(404)
    expect(isNotFound(error)).toBe(true)
    expect(errorText(error)).toBe('There is no recording x.')
  })

  it('throws that document where it is told to throw', async () => {
    answer(() => Response.json({ status: 503, detail: 'The database does not answer.' }, { status: 503 }))
    const call = getRecording({ path: { recording_id: 'x' }, throwOnError: true })
    await expect(call).rejects.toMatchObject({ detail: 'The database does not answer.' })
  })

  it('has an error for what is no document at all, as a proxy may answer', async () => {
    answer(() => new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'Content-Type': 'text/html' } }))
    const { data, error } = await getRecording({ path: { recording_id: 'x' } })
    expect(data).toBeUndefined()
    expect(errorText(error)).toContain('does not understand')
  })

  it('says that the server does not answer when the line is down', async () => {
    answer(() => Promise.reject(new TypeError('Failed to fetch')))
    const { error } = await getRecording({ path: { recording_id: 'x' } })
    expect(isUnreachable(error)).toBe(true)
  })
})
