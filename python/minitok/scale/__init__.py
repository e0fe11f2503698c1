"""Beyond one machine: a corpus encoded, counted and trained on with Ray Data, with the result of one machine to the last id.

    dataset = ray.data.read_parquet("corpus/")
    tok = train_dataset(dataset, 32_000, special_tokens=["<|endoftext|>"])
    done = encode_dataset(dataset, tok, "packed/", end_of_document="<|endoftext|>")
    corpus = minitok.open_packed(done.manifest)

Needs ``minitok[ray]``. Without a cluster, Ray starts on the machine itself.

Reading order: ``batches`` (a batch of Arrow to ids, or to counts), ``encode``, ``count`` (and training), ``files``,
``ray_data`` (requests to Ray), ``datatrove`` (a step of a datatrove pipeline).
"""

from .count import count_dataset, train_dataset
from .encode import EncodedDataset, encode_dataset
from .files import encode_files_on_ray

__all__ = ["EncodedDataset", "count_dataset", "encode_dataset", "encode_files_on_ray", "train_dataset"]
