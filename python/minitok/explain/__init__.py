"""Tokens and traces made visible. ``terminal`` needs Rich: ``pip install 'minitok[cli]'``."""
