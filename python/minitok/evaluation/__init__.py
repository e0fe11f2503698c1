"""Compare tokenizers: the same texts under several tokenizers, by the measures of the literature.

Reading order: ``measures`` (the formulas), ``tally`` (what is counted), ``texts`` (what is read), ``probes`` (numbers, dates,
code, white space), ``morphemes`` (words and where tokens cut them), ``record`` (the result), ``evaluation`` (all of it
together), ``page`` (the result to look at), ``paper`` (to print). Without a text: ``reach`` (which tokens can a text
produce?) and ``audit`` (what is odd about a vocabulary).

>>> from minitok import get_encoding
>>> found = evaluate([get_encoding("gpt2"), get_encoding("o200k_base")])
>>> [(row.tokenizer, round(row.premium, 2)) for row in found.rows if row.group == "Hindi"]
[('gpt2', 8.66), ('o200k_base', 1.59)]
"""

from .evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
