"""What reading a large audit costs: pages, statistics, subsets, files; beside what Postgres itself does with the same query.

    cargo run --release -p unearth-store --example large_audit -- DATA_DIR     prints AUDIT
    UNEARTH_TOKEN=… unearth up --data-dir DATA_DIR --listen 127.0.0.1:7990
    UNEARTH_TOKEN=… python3 bench/serving.py http://127.0.0.1:7990 AUDIT DATA_DIR [--explain FILE]

The bare query is `COPY (…) TO STDOUT` of all that a row of the CSV is made of, by psql from the service's own Postgres and
without just-in-time compilation, as the service asks; it and the files are read by turns, nothing is kept of them.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

# What a row of the file is made of, of all rows.
ROWS = """
select scores.rank, scores.index, examples.key, scores.label, examples.split, examples.group_name, scores.value,
       scores.normalised, scores.percentile, suggestions.label as suggested, suggestions.probability,
       standings.standing, standings.label as decided_label, standings.reviewers
from scores
left join suggestions on suggestions.index = scores.index and suggestions.audit_id = '{audit}'
left join standings on standings.index = scores.index and standings.audit_id = '{audit}'
join examples on examples.index = scores.index and examples.dataset_id = '{dataset}'
where scores.score_set_id = {score_set}
order by scores.rank
"""


class Service:
    def __init__(self, url, audit):
        self.audit = f"{url}/v1/audits/{audit}"
        self.headers = {"Authorization": f"Bearer {os.environ['UNEARTH_TOKEN']}"}

    def open(self, path):
        return urllib.request.urlopen(urllib.request.Request(self.audit + path, headers=self.headers))

    def ask(self, path):
        with self.open(path) as answer:
            return json.load(answer)

    def seconds(self, path):
        """Until the last byte."""
        begun = time.perf_counter()
        with self.open(path) as answer:
            while answer.read(1 << 20):
                pass
        return time.perf_counter() - begun


class Postgres:
    def __init__(self, folder):
        self.folder = folder.resolve() / "postgres"

    def command(self, query):
        return ["psql", "-h", str(self.folder / "run"), "-U", "unearth", "-d", "postgres", "-XAtc", query]

    def run(self, query, stdout):
        password = (self.folder / "password").read_text().strip()
        environment = os.environ | {"PGPASSWORD": password, "PGOPTIONS": "-c jit=off"}
        return subprocess.run(self.command(query), env=environment, check=True, stdout=stdout, text=True)

    def ask(self, query):
        return self.run(query, subprocess.PIPE).stdout

    def seconds(self, query):
        begun = time.perf_counter()
        self.run(query, subprocess.DEVNULL)
        return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("audit")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--explain", type=Path, help="where the plans go")
    args = parser.parse_args()
    service, postgres = Service(args.url, args.audit), Postgres(args.data_dir)
    audit = service.ask("")
    examples = int(service.ask("/examples/count?signal=label_issue")["matching"])
    requests(service, args.requests, examples)
    score_set = postgres.ask(f"select id from score_sets where audit_id = '{args.audit}' and signal = 'label_issue' limit 1").strip()
    rows = ROWS.format(audit=args.audit, dataset=audit["dataset_id"], score_set=score_set)
    files(service, postgres, rows, args.rounds, examples)
    if args.explain:
        args.explain.write_text(postgres.ask(f"explain (analyze, buffers) {rows}"))


def requests(service, count, examples):
    """Each kind of request, one after the other."""
    draw = random.Random(0)
    kinds = {
        "first page of the ranking": lambda: "/examples?signal=label_issue",
        "a further page": lambda: f"/examples?signal=label_issue&after={draw.randrange(examples)}",
        "a class": lambda: f"/examples?signal=label_issue&count=false&label=class%20{draw.randint(0, 99)}",
        "one example": lambda: f"/examples/{draw.randrange(examples)}",
        "statistics": lambda: "/statistics?signal=label_issue",
        "a subset's size": lambda: "/subsets/label_issues",
        "a subset's first page": lambda: "/examples?signal=label_issue&subset=label_issues&count=false",
    }
    print(f"{'request':28} {'p50 ms':>8} {'p99 ms':>8}")
    for name, path in kinds.items():
        for _ in range(10):
            service.seconds(path())
        taken = sorted(service.seconds(path()) * 1e3 for _ in range(count))
        print(f"{name:28} {statistics.median(taken):8.1f} {taken[int(0.99 * len(taken))]:8.1f}", flush=True)


def files(service, postgres, rows, rounds, examples):
    """Whole files and the bare query, by turns."""
    reads = {
        "COPY TO STDOUT": lambda: postgres.seconds(f"copy ({rows}) to stdout"),
        "CSV": lambda: service.seconds("/ranking.csv?signal=label_issue"),
        "Parquet": lambda: service.seconds("/ranking.parquet?signal=label_issue"),
        "JSON Lines": lambda: service.seconds("/ranking.jsonl?signal=label_issue"),
    }
    taken = {name: [] for name in reads}
    for _ in range(rounds):
        for name, read in reads.items():
            taken[name].append(read())
    bare = taken["COPY TO STDOUT"]
    print(f"\n{'file':16} {'seconds':>8} {'rows/s':>10}   of COPY's speed (each turn)")
    for name, seconds in taken.items():
        shares = [theirs / ours for theirs, ours in zip(bare, seconds)]
        median = statistics.median(seconds)
        print(
            f"{name:16} {median:8.2f} {examples / median:10,.0f}   {statistics.median(shares):.2f} "
            f"({min(shares):.2f} to {max(shares):.2f})"
        )


if __name__ == "__main__":
    main()
