"""Whole audits beside plain PyTorch training of the same model, in turn, on this machine.

    cargo xtask bench            builds the release binary and runs this with its defaults
    python3 bench/compare.py --unearth target/release/unearth --rounds 5 --threads 2 --out bench.json

The interpreter needs torch and numpy; the dataset is an npz of images `x` and labels `y`. In each round, everything once:

    ordinary   plain PyTorch as most people write it: a map-style dataset, a DataLoader with workers
    tuned      the same with all pixels in memory, batches by index, channels last
    audit      a whole audit by the release binary: training with the record of every example, six gradient sweeps, every
               snapshot and record committed to a Postgres of its own, scores of all signals; from the moment a worker takes
               it until it has succeeded
    discarded  the same audit whose maps are thrown away as soon as they are computed
    records    the same audit without gradients

PyTorch is timed from the first batch to the last, without the start of the process or the model's making. Ratios are of
the medians; beside them stand the smallest and the largest ratio within a round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from server import MEBIBYTE, Server

HERE = Path(__file__).resolve().parent
EPOCHS, CHECKPOINTS = 12, 6


def recipe_of(precision, checkpoints):
    recipe = {"model": "cnn-s", "epochs": EPOCHS, "batch_size": 128, "lr": 0.1, "augment": "none", "precision": precision}
    return recipe | ({"checkpoints": checkpoints} if checkpoints else {})


def torch_seconds(args, data, precision, facts):
    command = [sys.executable, str(HERE / "plain_torch.py"), "cnn-s", str(facts["examples"]), str(facts["width"])]
    command += [str(facts["channels"]), str(EPOCHS), "--data", data, "--precision", precision]
    command += ["--threads", str(args.threads), "--workers", str(args.workers)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return sum(json.loads(told)["epoch_seconds"])


def phases(args, precision, facts):
    """Seconds of each part of one epoch and one sweep, inside the trainer; random pixels of the dataset's size."""
    if not args.throughput:
        return None
    command = [args.throughput, "cnn-s", str(facts["examples"]), str(facts["width"]), str(facts["channels"]), "2"]
    environment = os.environ | {"PHASES": "1"} | ({"BF16": "1", "SWEEP_BF16": "1"} if precision == "bf16" else {})
    told = subprocess.run(
        command + [str(args.threads)], check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout
    rows = [line.split() for line in told.splitlines()[1:]]
    return {name: float(seconds) for name, seconds, *_ in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unearth", default="target/release/unearth")
    parser.add_argument("--throughput", help="the example of that name, for the parts of a step")
    parser.add_argument("--dataset", type=Path, help="an npz of images [default: CIFAR-10 of UNEARTH_TEST_DATA]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--workers", type=int, default=2, help="processes of the DataLoader")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precisions", nargs="+", default=["f32", "bf16"])
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    args = parser.parse_args()
    data = Path(os.environ.get("UNEARTH_TEST_DATA", "../shared/data"))
    file = args.dataset or data / "cifar10_batch1.npz"
    if not file.exists():
        sys.exit(f"SKIPPED: there is no `{file}`; name one with --dataset, or its folder with UNEARTH_TEST_DATA")

    figures = measured(args, file)
    tell(figures)
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1))


def measured(args, file):
    keeping = Server(args.unearth, args.threads, args.device)
    discarding = None
    try:
        dataset = keeping.dataset(file)
        discarding = Server(args.unearth, args.threads, args.device, checkpoints_of(keeping, dataset))
        datasets = {keeping: dataset, discarding: discarding.dataset(file)}
        rounds = [one_round(args, number, keeping, discarding, datasets) for number in range(args.rounds)]
        environment = rounds[-1].pop("environment")
        return {
            "rounds": rounds,
            "environment": environment,
            "threads": args.threads,
            "examples": dataset["facts"]["examples"],
            "phases": {precision: phases(args, precision, dataset["facts"]) for precision in args.precisions},
        }
    finally:
        keeping.stop()
        if discarding:
            discarding.stop()


def checkpoints_of(server, dataset):
    """The epochs that an audit sweeps after."""
    body = {"dataset_id": dataset["id"], "recipe": recipe_of("f32", CHECKPOINTS)}
    return server.ask("/v1/audits/estimate", json.dumps(body).encode())["recipe"]["checkpoints"]


def one_round(args, number, keeping, discarding, datasets):
    seconds, audits = {}, {}
    facts = datasets[keeping]["facts"]
    records = ["final_loss", "forgetting", "aum", "el2n"]
    for precision in args.precisions:
        for data, name in [("loader", "ordinary"), ("memory", "tuned")]:
            seconds[f"{name} {precision}"] = torch_seconds(args, data, precision, facts)
        for name, server, checkpoints, signals in [
            ("audit", keeping, CHECKPOINTS, None),
            ("discarded", discarding, None, records),
            ("records", keeping, None, records),
        ]:
            audit, noted = server.audit(datasets[server], number, recipe_of(precision, checkpoints), signals)
            result = audit["result"]
            seconds[f"{name} {precision}"] = result["wall_secs"]
            audits[f"{name} {precision}"] = noted | {
                "fit": result["fit_secs"],
                "sweeps": result["sweep_secs"],
                "database_mib": audit["estimate"]["database_bytes"] / MEBIBYTE,
                "training_accuracy": result["training_accuracy"],
            }
    print(json.dumps({"seconds": seconds, "audits": audits}), file=sys.stderr)
    return {"seconds": seconds, "audits": audits, "environment": result["environment"]}


def tell(figures):
    rounds = figures["rounds"]
    names = list(rounds[0]["seconds"])
    median = {name: statistics.median(it["seconds"][name] for it in rounds) for name in names}
    environment = figures["environment"]
    print(f"\n{environment['device_name']}, {figures['threads']} threads, torch {environment['torch']}, reproducible kernels, "
          f"{figures['examples']} examples, {len(rounds)} rounds; medians\n")
    precisions = sorted({name.split()[1] for name in names}, reverse=True)
    pairs = [(f"audit {p}", f"tuned {p}") for p in precisions] + [(f"audit {p}", f"ordinary {p}") for p in precisions]
    pairs += [("audit bf16", "ordinary f32")] if "bf16" in precisions else []
    pairs += [(f"records {p}", f"tuned {p}") for p in precisions]
    pairs += [(f"audit {p}", f"discarded {p}") for p in precisions]
    for ours, theirs in pairs:
        ratios = [it["seconds"][ours] / it["seconds"][theirs] for it in rounds]
        print(f"{ours:12} ÷ {theirs:14} {median[ours] / median[theirs]:.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")
    print()
    for name in names:
        spread = [it["seconds"][name] for it in rounds]
        print(f"{name:16} {median[name]:7.2f} s   ({min(spread):.2f} to {max(spread):.2f})")
    print()
    for name in rounds[0]["audits"]:
        tell_audit(name, [it["audits"][name] for it in rounds])
    for precision, of in figures["phases"].items():
        if of:
            print(f"\none epoch and one sweep, {precision}: " + ", ".join(f"{part} {value:.2f} s" for part, value in of.items()))


def tell_audit(name, rounds):
    def of(part):
        return statistics.median(it[part] for it in rounds)

    def lap(part):
        return statistics.median(it["laps"][f"{part}_secs"] for it in rounds)

    waited = lap("training") - of("fit") - of("sweeps")
    sweep = f" (one costs {of('sweeps') / CHECKPOINTS / (of('fit') / EPOCHS):.2f} epochs)" if of("sweeps") else ""
    print(f"{name:14} loading {lap('loading'):.2f} s, optimiser steps {of('fit'):.2f} s, sweeps {of('sweeps'):.2f} s{sweep}, "
          f"eval pass and what storing held up {waited:.2f} s, scoring {lap('scoring'):.2f} s, end {lap('ending'):.2f} s; "
          f"worker's anonymous memory {of('anonymous_mib'):.0f} MiB; written {of('written_mib'):.0f} MiB, "
          f"kept in the database {of('database_mib'):.0f} MiB")


if __name__ == "__main__":
    main()
