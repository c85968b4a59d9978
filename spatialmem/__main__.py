"""`python -m spatialmem`: the command line."""

from spatialmem.cli import main

main()
