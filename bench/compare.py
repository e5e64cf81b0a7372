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

The audits of each round have a seed of their own: how well their rankings agree over seeds and precisions is told as well.

PyTorch is timed from the first batch to the last, without the start of the process or the model's making. Ratios are of
the medians; beside them stand the smallest and the largest ratio within a round.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import images
from server import MEBIBYTE, Server

HERE = Path(__file__).resolve().parent


def recipe_of(args, precision, checkpoints):
    recipe = {"model": args.model, "epochs": args.epochs, "batch_size": 128, "lr": 0.1, "precision": precision}
    recipe["augment"] = "flip-crop" if args.augment else "none"
    return recipe | ({"checkpoints": checkpoints} if checkpoints else {})


def torch_seconds(args, data, precision, facts):
    command = [sys.executable, str(HERE / "plain_torch.py"), args.model, str(facts["examples"]), str(facts["width"])]
    command += [str(facts["channels"]), str(args.epochs), "--data", data, "--precision", precision]
    command += ["--threads", str(args.threads), "--workers", str(args.workers)]
    command += ["--augment"] if args.augment else []
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return sum(json.loads(told)["epoch_seconds"])


def phases(args, precision, facts):
    """Seconds of each part of one epoch and one sweep, inside the trainer; random pixels of the dataset's size."""
    if not args.throughput:
        return None
    command = [args.throughput, args.model, str(facts["examples"]), str(facts["width"]), str(facts["channels"]), "2"]
    environment = os.environ | {"PHASES": "1"} | ({"BF16": "1", "SWEEP_BF16": "1"} if precision == "bf16" else {})
    environment |= {"AUGMENT": "1"} if args.augment else {}
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
    parser.add_argument("--examples", type=int, help="so many made-up images instead")
    parser.add_argument("--model", default="cnn-s", help="cnn-s, resnet9 or resnet18")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--checkpoints", type=int, default=6)
    parser.add_argument("--augment", action="store_true", help="flip and shift")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--workers", type=int, default=2, help="processes of the DataLoader")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--without", nargs="*", default=[], help="what to leave out, such as `discarded` or `ordinary bf16`")
    parser.add_argument("--precisions", nargs="+", default=["f32", "bf16"])
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unearth-bench-") as folder:
        figures = measured(args, dataset_of(args, Path(folder)))
    tell(figures)
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1))


def dataset_of(args, folder):
    if args.examples:
        file = folder / f"images-{args.examples}.npz"
        images.write(file, args.examples)
        return file
    return images.real(args.dataset)


def measured(args, file):
    keeping = Server(args.unearth, args.threads, args.device)
    discarding = None
    try:
        dataset = keeping.dataset(file)
        keeping.calibrated()
        discarding = Server(args.unearth, args.threads, args.device, checkpoints_of(args, keeping, dataset))
        datasets = {keeping: dataset, discarding: discarding.dataset(file)}
        rounds = [one_round(args, number, keeping, discarding, datasets) for number in range(args.rounds)]
        environment = rounds[-1].pop("environment")
        return {
            "rounds": rounds,
            "environment": environment,
            "threads": args.threads,
            "model": args.model,
            "epochs": args.epochs,
            "checkpoints": args.checkpoints,
            "examples": dataset["facts"]["examples"],
            "agreement": {signal: agreement(keeping, rounds, signal) for signal in ["vog", "label_issue"]},
            "phases": {precision: phases(args, precision, dataset["facts"]) for precision in args.precisions},
        }
    finally:
        keeping.stop()
        if discarding:
            discarding.stop()


def checkpoints_of(args, server, dataset):
    """The epochs that an audit sweeps after."""
    body = {"dataset_id": dataset["id"], "recipe": recipe_of(args, "f32", args.checkpoints)}
    return server.ask("/v1/audits/estimate", json.dumps(body).encode())["recipe"]["checkpoints"]


def one_round(args, number, keeping, discarding, datasets):
    seconds, audits = {}, {}
    facts = datasets[keeping]["facts"]
    records = ["final_loss", "forgetting", "aum", "el2n"]
    plain = {"ordinary": "loader", "tuned": "memory"}
    ours = {
        "audit": (keeping, args.checkpoints, None),
        "discarded": (discarding, None, records),
        "records": (keeping, None, records),
    }
    for what in wanted(args, [*plain, *ours]):
        name, precision = what.split()
        if name in plain:
            seconds[what] = torch_seconds(args, plain[name], precision, facts)
            continue
        server, checkpoints, signals = ours[name]
        audit, noted = server.audit(datasets[server], number, recipe_of(args, precision, checkpoints), signals)
        result = audit["result"]
        seconds[what] = result["wall_secs"]
        audits[what] = noted | {
            "id": audit["id"],
            "fit": result["fit_secs"],
            "sweeps": result["sweep_secs"],
            "foreseen_share": noted["foreseen"] / result["wall_secs"],
            "database_mib": audit["estimate"]["database_bytes"] / MEBIBYTE,
            "training_accuracy": result["training_accuracy"],
        }
    print(json.dumps({"seconds": seconds, "audits": audits}), file=sys.stderr)
    return {"seconds": seconds, "audits": audits, "environment": result["environment"]}


def agreement(server, rounds, signal):
    """Spearman's correlations of the rankings of every two audits, by what differs between them."""
    audits = [
        (precision, seed, one["audits"][f"audit {precision}"]["id"])
        for precision in ["f32", "bf16"]
        for seed, one in enumerate(rounds)
        if f"audit {precision}" in one["audits"]
    ]
    found = {}
    for (this, seed, here), (that, other, there) in itertools.combinations(audits, 2):
        kind = f"{this} and {that}, {'the same seed' if seed == other else 'other seeds'}"
        compared = server.ask(f"/v1/audits/{here}/compare/{there}?signal={signal}")
        found.setdefault(kind, []).append(compared["correlation"])
    return found


def wanted(args, names):
    """What is measured in each round, as `audit f32`."""
    every = [f"{name} {precision}" for precision in args.precisions for name in names]
    return [what for what in every if what not in args.without and what.split()[0] not in args.without]


def tell(figures):
    rounds = figures["rounds"]
    names = list(rounds[0]["seconds"])
    median = {name: statistics.median(it["seconds"][name] for it in rounds) for name in names}
    environment = figures["environment"]
    print(f"\n{environment['device_name']}, {figures['threads']} threads, torch {environment['torch']}, reproducible kernels, "
          f"{figures['model']}, {figures['examples']} examples, {len(rounds)} rounds; medians\n")
    precisions = sorted({name.split()[1] for name in names}, reverse=True)
    pairs = [(f"audit {p}", f"tuned {p}") for p in precisions] + [(f"audit {p}", f"ordinary {p}") for p in precisions]
    pairs += [("audit bf16", "ordinary f32")] if "bf16" in precisions else []
    pairs += [(f"records {p}", f"tuned {p}") for p in precisions]
    pairs += [(f"audit {p}", f"discarded {p}") for p in precisions]
    for ours, theirs in pairs:
        if ours not in names or theirs not in names:
            continue
        ratios = [it["seconds"][ours] / it["seconds"][theirs] for it in rounds]
        print(f"{ours:12} ÷ {theirs:14} {median[ours] / median[theirs]:.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")
    print()
    for name in names:
        spread = [it["seconds"][name] for it in rounds]
        print(f"{name:16} {median[name]:7.2f} s   ({min(spread):.2f} to {max(spread):.2f})")
    print()
    for name in rounds[0]["audits"]:
        tell_audit(name, figures, [it["audits"][name] for it in rounds])
    for signal, kinds in figures["agreement"].items():
        for kind, found in kinds.items():
            print(f"{signal:12} Spearman of {kind:28} {statistics.mean(found):.4f}   ({min(found):.4f} to {max(found):.4f})")
    for precision, of in figures["phases"].items():
        if of:
            print(f"\none epoch and one sweep, {precision}: " + ", ".join(f"{part} {value:.2f} s" for part, value in of.items()))


def tell_audit(name, figures, rounds):
    def of(part):
        return statistics.median(it[part] for it in rounds)

    def lap(part):
        return statistics.median(it["laps"][f"{part}_secs"] for it in rounds)

    waited = statistics.median(it["laps"]["training_secs"] - it["fit"] - it["sweeps"] for it in rounds)
    of_epochs = statistics.median(it["sweeps"] / figures["checkpoints"] / (it["fit"] / figures["epochs"]) for it in rounds)
    sweep = f" (one costs {of_epochs:.2f} epochs)" if of("sweeps") else ""
    busy = f", GPU busy {of('gpu_busy'):.0%}" if rounds[0]["gpu_busy"] is not None else ""
    print(f"{name:14} loading {lap('loading'):.2f} s, optimiser steps {of('fit'):.2f} s, sweeps {of('sweeps'):.2f} s{sweep}, "
          f"eval pass and what storing held up {waited:.2f} s, scoring {lap('scoring'):.2f} s, end {lap('ending'):.2f} s{busy}; "
          f"worker's anonymous memory {of('anonymous_mib'):.0f} MiB; written {of('written_mib'):.0f} MiB, "
          f"kept in the database {of('database_mib'):.0f} MiB; foreseen {of('foreseen_share'):.2f} of its time")


if __name__ == "__main__":
    main()
