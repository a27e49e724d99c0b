"""Jobs: what is stored of them, how they change, and how they reach a worker and come back.

records             jobs, their status, nodes, events and tracks as values
messages            what travels between the service and a worker: the payload one way, reports the other
transitions         how a report changes a job, as a pure function
estimates           how long a node should take
repository          `JobRepository`: every query and every write of jobs, events and tracks
creation            `JobCreator`: new jobs, many at once
service             `JobService`: what is decided about jobs
planning            which strategy a job runs, and what it is to do
outbox              `Outbox`: hands queued jobs to the engine
notifier            `Notifier`: wakes those who watch a job when it changes
reconciler          `Reconciler`: settles jobs whose workers went silent
engines/            what runs jobs: the `Dispatcher` protocol; DBOS on this machine, or Modal
callback_signature  the signature of a worker's report
live_updates        a job's changes as they happen, and the answers of polls
schemas             jobs as JSON
routes              jobs over HTTP
"""
