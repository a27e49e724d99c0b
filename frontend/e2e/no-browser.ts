import { test } from '@playwright/test'

test.skip('browser tests need Chromium on the PATH, or its place in CHROMIUM', () => {})
