"""Whether trainings in bf16 rank examples as trainings in f32 do: as well as those agree among themselves over seeds.

    python3 bench/precision.py --seeds 3

Audits of the same dataset by the comparison recipe, in each precision and with each seed, and Spearman's correlation of
every two rankings. The gradient sweeps are in the precision of the training.
"""

import argparse
import itertools
import os
import statistics
from pathlib import Path

import images
from server import Server

PRECISIONS = ["f32", "bf16"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unearth", default="target/release/unearth")
    parser.add_argument("--dataset", type=Path, help="an npz of images [default: CIFAR-10 of UNEARTH_TEST_DATA]")
    parser.add_argument("--model", default="cnn-s")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--checkpoints", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--signals", nargs="+", default=["vog", "label_issue"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    server = Server(args.unearth, args.threads, args.device)
    try:
        audits = audited(server, server.dataset(images.real(args.dataset)), args)
        for signal in args.signals:
            tell(server, audits, signal)
    finally:
        server.stop()


def audited(server, dataset, args):
    """The audit of each precision and seed."""
    recipe = {"model": args.model, "epochs": args.epochs, "checkpoints": args.checkpoints}
    recipe |= {"batch_size": 128, "lr": 0.1, "augment": "none"}
    audits = {}
    for seed, precision in itertools.product(range(args.seeds), PRECISIONS):
        audit, _ = server.audit(dataset, seed, recipe | {"precision": precision}, None)
        audits[precision, seed] = audit["id"]
        print(f"{precision:4} seed {seed}: accuracy {audit['result']['training_accuracy']:.4f}", flush=True)
    return audits


def tell(server, audits, signal):
    pairs = {
        "f32 and f32, other seeds": [],
        "bf16 and bf16, other seeds": [],
        "bf16 and f32, other seeds": [],
        "bf16 and f32, the same seed": [],
    }
    for (here, this_seed), (there, other_seed) in itertools.combinations(sorted(audits, reverse=True), 2):
        kinds = f"{here} and {there}" if here == there else "bf16 and f32"
        seeds = "the same seed" if this_seed == other_seed else "other seeds"
        path = f"/v1/audits/{audits[here, this_seed]}/compare/{audits[there, other_seed]}?signal={signal}"
        pairs[f"{kinds}, {seeds}"].append(server.ask(path)["correlation"])
    print(f"\n{signal:28} Spearman, mean (range)")
    for kind, found in pairs.items():
        print(f"{kind:28} {statistics.mean(found):.4f} ({min(found):.4f} to {max(found):.4f})")


if __name__ == "__main__":
    main()
