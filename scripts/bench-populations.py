#!/usr/bin/env python3
"""Times an audit of populations with one worker process and with several, by turns.

    scripts/bench-populations.py UNEARTH DATASET [--workers 1 2] [--rounds 1] -- OPTIONS OF THE AUDIT

Every turn has an empty data folder, Postgres and API of its own, and workers of one thread each. Printed are the time
from the audit's first claim to its end, and a digest of its report and rankings: equal digests are equal bytes.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import urllib.request
from datetime import datetime
from pathlib import Path

TOKEN = "the-token-of-bench-populations"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("unearth", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=1)
    ours, _, options = " ".join(sys.argv[1:]).partition(" -- ")
    args = parser.parse_args(shlex.split(ours))
    for turn in range(args.rounds):
        for workers in args.workers:
            seconds, digest = audit(args.unearth.resolve(), args.dataset, workers, shlex.split(options))
            print(f"round {turn + 1}: {workers} worker(s): {seconds:.1f} s, sha256 {digest}", flush=True)


def audit(unearth: Path, dataset: Path, workers: int, options: list[str]):
    with tempfile.TemporaryDirectory(prefix="bench-populations.") as folder:
        # A private Postgres that root starts runs under an account of its own, and must reach its folder.
        os.chmod(folder, 0o711)
        data = ["--data-dir", f"{folder}/data"]
        threads = ["--device", "cpu", "--threads", "1"]
        env = os.environ | {"UNEARTH_TOKEN": TOKEN}
        up = subprocess.Popen(
            [unearth, "up", *data, *threads, "--listen", "127.0.0.1:0"],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        others = []
        try:
            url = next(found[0] for line in up.stdout if (found := re.search(r"http://[0-9.:]+", line)))
            threading.Thread(target=up.stdout.read, daemon=True).start()
            for _ in range(workers - 1):
                others.append(subprocess.Popen([unearth, "work", *data, *threads], env=env, stderr=subprocess.DEVNULL))
            ranking = Path(folder, "ranking.csv")
            command = [unearth, "audit", dataset, "--server", url, *options, "--out", f"pie@null={ranking}"]
            subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            found = get(url, "/v1/audits")["items"][0]
            took = instant(found["finished_at"]) - instant(found["started_at"])
            report = json.dumps(get(url, f"/v1/audits/{found['id']}/pie")["report"], sort_keys=True)
            digest = hashlib.sha256(report.encode() + ranking.read_bytes())
            return took.total_seconds(), digest.hexdigest()[:16]
        finally:
            for process in [*others, up]:
                process.terminate()
                process.wait()


def get(url: str, path: str):
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


if __name__ == "__main__":
    main()
