"""How the cost of an audit grows with its examples, epochs and checkpoints: time of each, and memory.

    cargo build --release --bin unearth
    python3 bench/growth.py --examples 1000 10000 50000 1000000
    python3 bench/growth.py --examples 10000 --epochs 2 4 8 --checkpoints 2
    python3 bench/growth.py --examples 10000 --epochs 8 --checkpoints 2 4 8
    python3 bench/growth.py --examples 1000000 4000000 --side 8

The interpreter needs numpy. Every size is a dataset of made-up colour images, 32×32 or as asked for, uploaded to a server of
its own and audited in two epochs with a gradient sweep after each, which is the least that VoG can be had of, or in as many as
are asked for; all signals are scored.
"""

import argparse
import itertools
import os
import tempfile
from pathlib import Path

import images
from server import Server


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unearth", default="target/release/unearth")
    parser.add_argument("--examples", nargs="+", type=int, default=[1_000, 10_000, 50_000, 1_000_000])
    parser.add_argument("--epochs", nargs="+", type=int, default=[2])
    parser.add_argument("--checkpoints", nargs="+", type=int, default=[2])
    parser.add_argument("--side", type=int, default=32, help="of an image, in pixels")
    parser.add_argument("--model", default="mlp")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    print(
        "   examples  epochs  checkpoints  µs each: an epoch  a sweep   scoring  everything   anonymous MiB   written MiB"
        "   estimate ÷ truth"
    )
    for examples, epochs, checkpoints in itertools.product(args.examples, args.epochs, args.checkpoints):
        recipe = {"model": args.model, "epochs": epochs, "checkpoints": checkpoints, "batch_size": 128, "augment": "none"}
        with tempfile.TemporaryDirectory(prefix="unearth-growth-") as folder:
            # Before there is a server, which measures the models here while it is idle.
            file = Path(folder, f"images-{examples}.npz")
            images.write(file, examples, args.side)
            server = Server(args.unearth, args.threads, args.device)
            try:
                tell(examples, recipe, *audited(server, file, recipe))
            finally:
                server.stop()


def audited(server, file, recipe):
    server.calibrated()
    dataset = server.dataset(file)
    return server.audit(dataset, 0, recipe, None)


def tell(examples, recipe, audit, noted):
    result, laps = audit["result"], noted["laps"]

    def each(seconds):
        return seconds / examples * 1e6

    print(
        f"{examples:11,} {recipe['epochs']:7} {recipe['checkpoints']:12} "
        f"{each(result['fit_secs'] / recipe['epochs']):18.1f} {each(result['sweep_secs'] / recipe['checkpoints']):8.1f} "
        f"{each(laps['scoring_secs']):9.1f} {each(result['wall_secs']):11.1f} {noted['anonymous_mib']:15.0f} "
        f"{noted['written_mib']:13.0f} {noted['foreseen'] / result['wall_secs']:18.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
