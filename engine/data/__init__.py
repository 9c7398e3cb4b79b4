"""Images from files, the built-in digits or the download, and batches made of them."""

from engine.data.crops import center_crops, random_crops, to_activations
from engine.data.dataset import (
    Dataset,
    cache_directory,
    find_full_mnist,
    load_builtin,
    load_directory,
    shuffled_by_class,
)
from engine.data.download import (
    DownloadCanceled,
    DownloadError,
    DownloadProgress,
    RemoteFile,
    download_mnist,
)
from engine.data.idx import DataError
from engine.data.picture_sheet import picture_sheet
from engine.data.sampler import Batch, Sampler
from engine.data.transfer import Timeouts

__all__ = [
    "Batch",
    "DataError",
    "Dataset",
    "DownloadCanceled",
    "DownloadError",
    "DownloadProgress",
    "RemoteFile",
    "Sampler",
    "Timeouts",
    "cache_directory",
    "center_crops",
    "download_mnist",
    "find_full_mnist",
    "load_builtin",
    "load_directory",
    "picture_sheet",
    "random_crops",
    "shuffled_by_class",
    "to_activations",
]
