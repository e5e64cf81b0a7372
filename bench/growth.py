"""How the cost of an audit grows with its examples: time of each, and memory.

    cargo build --release --bin unearth
    python3 bench/growth.py --examples 1000 10000 50000 1000000

The interpreter needs numpy. Every size is a dataset of made-up 32×32 colour images, uploaded to a server of its own and
audited in two epochs with a gradient sweep after each, which is the least that VoG can be had of; all signals are scored.
What is random in the images is their noise; each class has a mean of its own.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy

from server import Server

SIDE, CHANNELS, CLASSES, EPOCHS = 32, 3, 10, 2
BLOCK = 10_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unearth", default="target/release/unearth")
    parser.add_argument("--examples", nargs="+", type=int, default=[1_000, 10_000, 50_000, 1_000_000])
    parser.add_argument("--model", default="mlp")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    print("   examples  µs each: training     sweep   scoring  everything   anonymous MiB   written MiB   estimate ÷ truth")
    for examples in args.examples:
        server = Server(args.unearth, args.threads, args.device)
        try:
            tell(examples, *audited(server, examples, args.model))
        finally:
            server.stop()


def audited(server, examples, model):
    with tempfile.TemporaryDirectory(prefix="unearth-growth-") as folder:
        file = Path(folder, f"images-{examples}.npz")
        write(file, examples)
        dataset = server.dataset(file)
    recipe = {"model": model, "epochs": EPOCHS, "checkpoints": EPOCHS, "batch_size": 128, "augment": "none"}
    return server.audit(dataset, 0, recipe, None)


def write(file, examples):
    """An npz of images `x` and labels `y`, block by block: the largest is some gigabytes."""
    random = numpy.random.default_rng(0)
    labels = (numpy.arange(examples) % CLASSES).astype(numpy.uint8)
    means = random.integers(64, 192, (CLASSES, SIDE, SIDE, CHANNELS), dtype=numpy.uint8)
    with tempfile.TemporaryDirectory(prefix="unearth-growth-", dir=file.parent) as folder:
        images = numpy.lib.format.open_memmap(
            Path(folder, "x.npy"), mode="w+", dtype=numpy.uint8, shape=(examples, SIDE, SIDE, CHANNELS)
        )
        for start in range(0, examples, BLOCK):
            of_block = means[labels[start : start + BLOCK]]
            images[start : start + BLOCK] = of_block + random.integers(0, 64, of_block.shape, dtype=numpy.uint8)
        numpy.savez(file, x=images, y=labels)


def tell(examples, audit, noted):
    result, laps = audit["result"], noted["laps"]

    def each(seconds):
        return seconds / examples * 1e6

    print(
        f"{examples:11,} {each(result['fit_secs'] / EPOCHS):18.1f} {each(result['sweep_secs'] / EPOCHS):9.1f} "
        f"{each(laps['scoring_secs']):9.1f} {each(result['wall_secs']):11.1f} {noted['anonymous_mib']:15.0f} "
        f"{noted['written_mib']:13.0f} {audit['estimate']['seconds'] / result['wall_secs']:18.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
