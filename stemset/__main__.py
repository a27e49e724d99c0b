"""`python -m stemset` is the command line."""

from stemset.cli import main

main()
