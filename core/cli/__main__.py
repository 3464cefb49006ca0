"""`python -m core.cli`: the `entrepot` command, where the script itself is not on the path."""

from core.cli import main

main()
