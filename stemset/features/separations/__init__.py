"""Separations: the kind of job that runs a strategy on a recording.

records     what one is to do, what comes of it, and its tracks, as values
plans       which strategy a job runs, and what it is to do
paces       how long a model works, by what its publisher states
kind        `SeparationKind`: what the queue asks of a separation
repository  `TrackRepository`: the tracks that are stored
service     `SeparationService`: starts separations, and finds what they have made
schemas     what is asked for over HTTP
routes      separations over HTTP
"""
