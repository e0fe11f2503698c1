"""``python -m minitok``: the command without its script."""

from minitok.cli import main

if __name__ == "__main__":
    main()
