"""The worker: fetch a song, separate it, store what comes out, report. The same on a laptop and on a GPU.

run_job    one job, from its payload to its last report
publisher  stores and reports every stem as soon as it is there
reporter   sends reports to the service, and hears that a job is to stop
local      `serve_worker`: a process that takes jobs from the queue of its machine
pid_files  which processes those are
modal      the same in a container on Modal
"""
