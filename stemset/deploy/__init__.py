"""Running Stemset on Modal: what an operator is told before, and what happens around it.

checks       what is missing for a deployment, and the command that mends it
modal_cloud  what they ask of Modal
costs        what a song costs on which GPU
weights      filling the Volume of weights
"""
