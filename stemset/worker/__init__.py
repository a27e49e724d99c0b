"""The worker: fetch a song, separate it, store what comes out, report. The same on a laptop and on a GPU.

job         `run_job`: one job, from its payload to its last report
publishing  stores and reports every stem as soon as it is there
process     `serve_worker`: a process that takes jobs from the local queue
presence    which process that is
"""
