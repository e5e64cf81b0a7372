"""Whole audits beside plain PyTorch training of the same model, in turn, on this machine.

    cargo xtask bench            builds the release binary and runs this with its defaults
    python3 bench/compare.py --unearth target/release/unearth --rounds 5 --threads 2 --out bench.json

The interpreter needs torch and numpy; the dataset is an npz of images `x` and labels `y`. In each round, everything once:

    ordinary   plain PyTorch as most people write it: a map-style dataset, a DataLoader with workers
    tuned      the same with all pixels in memory, batches by index, channels last
    audit      a whole audit by the release binary: training with the record of every example, six gradient sweeps, every
               snapshot and record committed to a Postgres of its own, scores of all signals; from the moment a worker takes
               it until it has succeeded
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
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
EPOCHS, CHECKPOINTS = 12, 6


class Server:
    """`unearth up` on a data folder of its own."""

    def __init__(self, binary, threads, device):
        self.home = tempfile.TemporaryDirectory(prefix="unearth-bench-")
        os.chmod(self.home.name, 0o755)
        command = [binary, "--log", "warn", "up", "--listen", "127.0.0.1:0", "--data-dir", self.home.name]
        command += ["--threads", str(threads), "--device", device]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.up = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        for line in self.up.stdout:
            if line.startswith("Unearth is ready: "):
                self.url = line.split(": ", 1)[1].split("/login")[0].strip()
                break
        else:
            sys.exit("the server did not start")
        self.token = Path(self.home.name, "token").read_text().strip()

    def ask(self, path, body=None, media_type="application/json"):
        request = urllib.request.Request(self.url + path, data=body, headers={"Authorization": f"Bearer {self.token}"})
        if body is not None:
            request.add_header("Content-Type", media_type)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def wait(self, path, until):
        while True:
            found = self.ask(path)
            if found["state"] in ("failed", "cancelled"):
                sys.exit(f"{path}: {json.dumps(found)[:2000]}")
            if found["state"] == until:
                return found
            time.sleep(0.1)

    def dataset(self, file):
        made = self.ask(f"/v1/datasets?name={file.name}", file.read_bytes(), "application/octet-stream")
        return self.wait(f"/v1/datasets/{made['id']}", "ready")

    def audit(self, dataset, seed, precision, signals):
        recipe = {"model": "cnn-s", "epochs": EPOCHS, "batch_size": 128, "lr": 0.1, "augment": "none", "precision": precision}
        if signals is None:
            recipe["checkpoints"] = CHECKPOINTS
        body = {"dataset_id": dataset["id"], "recipe": recipe, "seed": seed}
        if signals is not None:
            body["signals"] = signals
        begun = self.ask("/v1/audits", json.dumps(body).encode())
        return self.wait(f"/v1/audits/{begun['id']}", "succeeded")

    def worker_peak_mib(self):
        """The most memory that libtorch's process had at once, mapped files with it."""
        for name in os.listdir("/proc"):
            try:
                command = Path("/proc", name, "cmdline").read_bytes().split(b"\0")
                if b"work" in command and command[0].endswith(b"unearth"):
                    status = Path("/proc", name, "status").read_text()
                    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
            except (OSError, StopIteration, IndexError):
                continue
        return None

    def stop(self):
        self.up.terminate()
        self.up.wait()
        self.home.cleanup()


def torch_seconds(args, data, precision, facts):
    command = [sys.executable, str(HERE / "plain_torch.py"), "cnn-s", str(facts["examples"]), str(facts["width"])]
    command += [str(facts["channels"]), str(EPOCHS), "--data", data, "--precision", precision]
    command += ["--threads", str(args.threads), "--workers", str(args.workers)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return sum(json.loads(told)["epoch_seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unearth", default="target/release/unearth")
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

    server = Server(args.unearth, args.threads, args.device)
    try:
        figures = measured(args, server, file)
    finally:
        server.stop()
    tell(figures)
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1))


def measured(args, server, file):
    dataset = server.dataset(file)
    rounds = []
    for number in range(args.rounds):
        seconds, audits = {}, {}
        for precision in args.precisions:
            for data, name in [("loader", "ordinary"), ("memory", "tuned")]:
                seconds[f"{name} {precision}"] = torch_seconds(args, data, precision, dataset["facts"])
            for name, signals in [("audit", None), ("records", ["final_loss", "forgetting", "aum", "el2n"])]:
                audit = server.audit(dataset, number, precision, signals)
                result = audit["result"]
                seconds[f"{name} {precision}"] = result["wall_secs"]
                audits[f"{name} {precision}"] = {
                    "fit": result["fit_secs"],
                    "sweeps": result["sweep_secs"],
                    "rest": result["wall_secs"] - result["fit_secs"] - result["sweep_secs"],
                    "database_bytes": audit["estimate"]["database_bytes"],
                    "training_accuracy": result["training_accuracy"],
                }
        rounds.append({"seconds": seconds, "audits": audits})
        print(json.dumps(rounds[-1]), file=sys.stderr)
    environment = audit["result"]["environment"]
    return {
        "rounds": rounds,
        "environment": environment,
        "threads": args.threads,
        "examples": dataset["facts"]["examples"],
        "worker_peak_mib": server.worker_peak_mib(),
    }


def tell(figures):
    rounds = figures["rounds"]
    names = list(rounds[0]["seconds"])
    median = {name: statistics.median(it["seconds"][name] for it in rounds) for name in names}
    print(f"\n{figures['environment']['device_name']}, {figures['threads']} threads, torch {figures['environment']['torch']}, "
          f"{figures['examples']} examples, {len(rounds)} rounds; medians\n")
    for name in names:
        spread = [it["seconds"][name] for it in rounds]
        print(f"{name:16} {median[name]:7.2f} s   ({min(spread):.2f} to {max(spread):.2f})")
    print()
    precisions = sorted({name.split()[1] for name in names}, reverse=True)
    pairs = [(f"audit {p}", f"tuned {p}") for p in precisions] + [(f"audit {p}", f"ordinary {p}") for p in precisions]
    pairs += [("audit bf16", "ordinary f32")] if "bf16" in precisions else []
    pairs += [(f"records {p}", f"tuned {p}") for p in precisions]
    for ours, theirs in pairs:
        ratios = [it["seconds"][ours] / it["seconds"][theirs] for it in rounds]
        print(f"{ours:12} ÷ {theirs:14} {median[ours] / median[theirs]:.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")
    print()
    for name in rounds[0]["audits"]:
        parts = {part: statistics.median(it["audits"][name][part] for it in rounds) for part in ("fit", "sweeps", "rest")}
        one_epoch = parts["fit"] / EPOCHS
        sweep = f", one sweep {parts['sweeps'] / CHECKPOINTS / one_epoch:.2f} epochs" if parts["sweeps"] else ""
        print(f"{name:12} " + ", ".join(f"{part} {value:.2f} s" for part, value in parts.items()) + sweep)
    print(f"\nworker, peak resident: {figures['worker_peak_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
