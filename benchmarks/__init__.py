"""How fast minitok is, alone and beside others. Run from the root of the project; see README.md."""
