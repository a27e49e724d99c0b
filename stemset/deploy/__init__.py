"""The operation of Stemset on Modal: checks before a deployment, costs, weights.

checks       find what a deployment lacks, and the command that mends it
modal_cloud  the requests of the checks to Modal
costs        estimate what a song costs on which GPU
weights      fill the Volume of weights
"""
