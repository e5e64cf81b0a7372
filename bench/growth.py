"""How the cost of an audit grows with its examples: time of each, and memory.

    cargo build --release --bin unearth
    python3 bench/growth.py --examples 1000 10000 50000 1000000

The interpreter needs numpy. Every size is a dataset of made-up 32×32 colour images, uploaded to a server of its own and
audited in two epochs with a gradient sweep after each, which is the least that VoG can be had of; all signals are scored.
"""

import argparse
import os
import tempfile
from pathlib import Path

import images
from server import Server

EPOCHS = 2


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
        images.write(file, examples)
        dataset = server.dataset(file)
    server.calibrated()
    recipe = {"model": model, "epochs": EPOCHS, "checkpoints": EPOCHS, "batch_size": 128, "augment": "none"}
    return server.audit(dataset, 0, recipe, None)


def tell(examples, audit, noted):
    result, laps = audit["result"], noted["laps"]

    def each(seconds):
        return seconds / examples * 1e6

    print(
        f"{examples:11,} {each(result['fit_secs'] / EPOCHS):18.1f} {each(result['sweep_secs'] / EPOCHS):9.1f} "
        f"{each(laps['scoring_secs']):9.1f} {each(result['wall_secs']):11.1f} {noted['anonymous_mib']:15.0f} "
        f"{noted['written_mib']:13.0f} {noted['foreseen'] / result['wall_secs']:18.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
