"""Recordings and jobs: what is stored of them, how a job's state may change, and how a job reaches a worker.

records      the values that the rest of the program sees
messages     what travels between the service and a worker: the payload one way, reports the other
transitions  how a report changes a job, as a pure function
tables       the rows; migrations/ creates them
database     engine, sessions, `upgrade_database`
rows         rows as records
library      `Library`: recordings
mix          what a listener sets in the player, as values
mixes        `Mixes`: what listeners saved
service      `JobService`: jobs
dispatch     the Dispatcher protocol and the outbox that feeds it
local        the Dispatcher and the worker's queue on DBOS
"""
