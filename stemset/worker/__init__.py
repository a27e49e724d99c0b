"""The worker: takes a job, does it, stores what comes out, reports. The same on a laptop and on a GPU.

run_job     one job of whatever kind, from its payload to its last report
runners     what runs each kind
runner      `Runner`: what one must do
separation  fetches a song and separates it
publisher   stores and reports every stem as soon as it exists
reporter    what is reported when, and the channel to the service's callback
local       `serve_worker`: a process that takes jobs from the local queue
pid_files   which processes those are
modal       a worker in a container on Modal, one call a job
"""
