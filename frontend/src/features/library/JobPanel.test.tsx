import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { aJob } from '@/testing/data'
import { renderPart } from '@/testing/page'
import { JobPanel } from './JobPanel'

const buttons = () => screen.queryAllByRole('button').map(({ textContent }) => textContent)

it('shows the steps of a job that is under way, and a way to stop it', async () => {
  renderPart(<JobPanel job={aJob()} title="Lithium" />)
  expect(await screen.findByRole('list', { name: 'Steps of separating Lithium' })).toBeVisible()
  expect(buttons()).toEqual(['Cancel'])
})

it.each(['failed', 'cancelled'] as const)('offers to try again what has %s', async (state) => {
  renderPart(<JobPanel job={aJob({ state })} title="Lithium" />)
  expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible()
  expect(screen.queryByRole('list', { name: /Steps/ })).toBeNull()
})

it('has nothing to say of a job that succeeded', async () => {
  renderPart(
    <>
      <p>beside</p>
      <JobPanel job={aJob({ state: 'succeeded' })} title="Lithium" />
    </>,
  )
  await screen.findByText('beside')
  expect(buttons()).toEqual([])
})
