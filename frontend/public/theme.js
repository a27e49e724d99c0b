const stored = localStorage.getItem('stemset.theme')
const preferred = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
document.documentElement.dataset.theme = stored === 'light' || stored === 'dark' ? stored : preferred
