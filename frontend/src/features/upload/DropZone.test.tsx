import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { DropZone } from './DropZone'
import { useFileDrop } from './useFileDrop'

const SONG = new File(['x'], 'song.wav', { type: 'audio/wav' })
const FILES = { types: ['Files'], files: [SONG] }

function Page({ onFiles }: { onFiles: (files: FileList) => void }) {
  const { over, handlers } = useFileDrop(onFiles)
  return (
    <div data-testid="page" {...handlers}>
      <DropZone over={over} limits={{ maxBytes: 2_000_000, maxDurationS: 1800, maxChannels: 2 }} onFiles={onFiles}>
        <p>strategy</p>
      </DropZone>
    </div>
  )
}

function setUp() {
  const onFiles = vi.fn()
  render(<Page onFiles={onFiles} />)
  return { onFiles, page: screen.getByTestId('page'), heading: () => screen.getByRole('heading').textContent }
}

describe('the place to drop songs', () => {
  it('takes files that are chosen, and the same ones again', async () => {
    const { onFiles } = setUp()
    const field = screen.getByLabelText('choose files')
    await userEvent.upload(field, SONG)
    await userEvent.upload(field, SONG)
    expect(onFiles).toHaveBeenCalledTimes(2)
  })

  it('takes files that are dropped anywhere on the page', () => {
    const { onFiles, page } = setUp()
    fireEvent.drop(page, { dataTransfer: FILES })
    expect(onFiles).toHaveBeenCalledWith([SONG])
  })

  it('invites to let go as long as files hang above the page', () => {
    const { page, heading } = setUp()
    fireEvent.dragEnter(page, { dataTransfer: FILES })
    expect(heading()).toBe('Let go to upload')
    // Over a child of the page: entered before the page is left.
    fireEvent.dragEnter(screen.getByText('strategy'), { dataTransfer: FILES })
    fireEvent.dragLeave(page, { dataTransfer: FILES })
    expect(heading()).toBe('Let go to upload')
    fireEvent.dragLeave(page, { dataTransfer: FILES })
    expect(heading()).toBe('Drop songs here')
  })

  it('leaves text that is dragged alone', () => {
    const { onFiles, page, heading } = setUp()
    fireEvent.dragEnter(page, { dataTransfer: { types: ['text/plain'] } })
    fireEvent.drop(page, { dataTransfer: { types: ['text/plain'] } })
    expect(heading()).toBe('Drop songs here')
    expect(onFiles).not.toHaveBeenCalled()
  })

  it('names the limits', () => {
    setUp()
    expect(screen.getByText(/up to 2 MB and 30 minutes each/)).toBeVisible()
  })
})
