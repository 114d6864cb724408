"""`python -m iasql` is the command `iasql`."""

from iasql.cli import main

main()
