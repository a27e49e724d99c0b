import { describe, expect, it } from 'vitest'
import { toUploadError, UploadGone, UploadRefused, unwrapAnswer } from './uploadErrors'

const problem = (status: number, detail: string) => ({ type: '/problems/x', title: 'X', status, detail })

describe('toUploadError', () => {
  it('says in words that the connection broke', () => {
    expect(toUploadError(new TypeError('Failed to fetch'), undefined).message).toMatch(/The connection broke off/)
  })

  it.each([400, 413, 422])('takes a %i for a refusal of this file', (status) => {
    const error = toUploadError(problem(status, 'Not audio.'), status)
    expect(error).toBeInstanceOf(UploadRefused)
    expect(error.message).toBe('Not audio.')
  })

  it('takes a 404 for an upload that the server no longer has', () => {
    expect(toUploadError(problem(404, 'No such upload.'), 404)).toBeInstanceOf(UploadGone)
  })

  it.each([401, 409, 503])('takes a %i for something that may go away', (status) => {
    const error = toUploadError(problem(status, 'Busy.'), status)
    expect(error).not.toBeInstanceOf(UploadRefused)
    expect(error.message).toBe('Busy.')
  })

  it('names the status of an answer without an explanation', () => {
    expect(toUploadError('<html>', 502).message).toMatch(/status 502/)
    expect(toUploadError(null, undefined).message).toMatch(/status 0/)
  })

  it('leaves an error as it is', () => {
    const error = new Error('own words')
    expect(toUploadError(error, 500)).toBe(error)
  })
})

describe('unwrapAnswer', () => {
  it('returns the data of an answer', async () => {
    expect(await unwrapAnswer(Promise.resolve({ data: 42 }))).toBe(42)
  })

  it('rejects with an error fit to show', async () => {
    const response = new Response(null, { status: 422 })
    const call = Promise.resolve({ error: problem(422, 'Not audio.'), response })
    await expect(unwrapAnswer(call)).rejects.toThrow(UploadRefused)
  })
})
