"""Everybody's files: how a tokenizer is written and read."""
