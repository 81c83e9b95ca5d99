"""`python -m facevec` is the facevec command."""

from facevec.cli.main import main

if __name__ == "__main__":
    main()
