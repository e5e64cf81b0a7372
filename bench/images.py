"""Colour images in an npz: made-up ones, as many as are asked for, and CIFAR-10's."""

import os
import sys
import tempfile
from pathlib import Path

import numpy

CHANNELS, CLASSES = 3, 10
BLOCK = 10_000


def real(named):
    """The file that was named, or else CIFAR-10's."""
    file = named or Path(os.environ.get("UNEARTH_TEST_DATA", "../shared/data"), "cifar10_batch1.npz")
    if not file.exists():
        sys.exit(f"SKIPPED: there is no `{file}`; name one with --dataset, or its folder with UNEARTH_TEST_DATA")
    return file


def write(file, examples, side=32):
    """Images `x` and labels `y`: each class has a mean of its own, and each image noise.

    Block by block, since the largest is some gigabytes.
    """
    random = numpy.random.default_rng(0)
    labels = (numpy.arange(examples) % CLASSES).astype(numpy.uint8)
    means = random.integers(64, 192, (CLASSES, side, side, CHANNELS), dtype=numpy.uint8)
    with tempfile.TemporaryDirectory(prefix="unearth-growth-", dir=file.parent) as folder:
        images = numpy.lib.format.open_memmap(
            Path(folder, "x.npy"), mode="w+", dtype=numpy.uint8, shape=(examples, side, side, CHANNELS)
        )
        for start in range(0, examples, BLOCK):
            of_block = means[labels[start : start + BLOCK]]
            images[start : start + BLOCK] = of_block + random.integers(0, 64, of_block.shape, dtype=numpy.uint8)
        numpy.savez(file, x=images, y=labels)
