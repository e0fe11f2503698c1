"""The file formats: how a tokenizer is written and read."""
