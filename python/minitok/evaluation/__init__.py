"""Judge tokenizers: the same texts under several tokenizers, by the measures of the literature.

To read, in this order: ``measures`` (the formulas), ``tally`` (what is counted), ``texts`` (what is read), ``probes`` (numbers,
dates, code, white space), ``evaluation`` (the record of it all), ``page`` (the record to look at); ``audit`` looks at a
vocabulary without a text.

>>> from minitok import get_encoding
>>> found = evaluate([get_encoding("gpt2"), get_encoding("o200k_base")])
>>> [(row.tokenizer, round(row.premium, 2)) for row in found.rows if row.group == "Hindi"]
[('gpt2', 8.63), ('o200k_base', 1.58)]
"""

from .evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
