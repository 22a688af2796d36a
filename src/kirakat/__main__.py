"""`python -m kirakat`."""

from kirakat.cli.main import main

main()
