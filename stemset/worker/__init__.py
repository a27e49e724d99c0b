"""The worker: fetch a song, separate it, store what comes out, report. The same on a laptop and on a GPU.

run_job    one job, from its payload to its last report
publisher  stores and reports every stem as soon as it exists
reporter   what is reported when, and the channel to the service's callback
local      `serve_worker`: a process that takes jobs from the local queue
pid_files  which processes those are
modal      a worker in a container on Modal, one call a job
"""
