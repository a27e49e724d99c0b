import { test } from '@playwright/test'

test.skip(`browser tests need Chromium at ${process.env.CHROMIUM ?? '/usr/bin/chromium'}; CHROMIUM names another place`, () => {})
