"""A server of one's own to measure, and what its processes cost."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

MEBIBYTE = 1024 * 1024


class Server:
    """`unearth up` on a data folder of its own, with what its worker says of each run."""

    def __init__(self, binary, threads, device, discarded_sweeps=None):
        self.home = tempfile.TemporaryDirectory(prefix="unearth-bench-")
        os.chmod(self.home.name, 0o755)
        command = [binary, "--log", "warn,unearth_worker=info", "up", "--listen", "127.0.0.1:0"]
        command += ["--data-dir", self.home.name, "--threads", str(threads), "--device", device]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        if discarded_sweeps:
            environment["UNEARTH_DISCARDED_SWEEPS"] = ",".join(map(str, discarded_sweeps))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.up = subprocess.Popen(command, text=True, env=environment, **pipes)
        self.laps = None
        threading.Thread(target=self.listen, daemon=True).start()
        for line in self.up.stdout:
            if line.startswith("Unearth is ready: "):
                self.url = line.split(": ", 1)[1].split("/login")[0].strip()
                break
        else:
            sys.exit("the server did not start")
        self.token = Path(self.home.name, "token").read_text().strip()

    def listen(self):
        for line in self.up.stderr:
            try:
                fields = json.loads(line)["fields"]
            except (ValueError, KeyError):
                print(line, end="", file=sys.stderr)
                continue
            if fields.get("message") == "where the time went":
                self.laps = {name: value for name, value in fields.items() if name != "message"}

    def ask(self, path, body=None, media_type="application/json", headers=None):
        headers = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        if body is not None:
            request.add_header("Content-Type", media_type)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def wait(self, path, until, meanwhile=lambda: None):
        while True:
            found = self.ask(path)
            if found["state"] in ("failed", "cancelled"):
                sys.exit(f"{path}: {json.dumps(found)[:2000]}")
            if found["state"] == until:
                return found
            meanwhile()
            time.sleep(0.2)

    def dataset(self, file):
        with file.open("rb") as body:
            size = {"Content-Length": str(file.stat().st_size)}
            made = self.ask(f"/v1/datasets?name={file.name}", body, "application/octet-stream", size)
        return self.wait(f"/v1/datasets/{made['id']}", "ready")

    def calibrated(self):
        """Waits until the worker has measured how fast the models are here: it does so once it has been idle for a while,
        and nothing should be timed beside it."""
        measured, since = 0, time.monotonic()
        while measured == 0 or time.monotonic() - since < 15:
            time.sleep(0.5)
            now = sum(len(worker["paces"]) for worker in self.ask("/readyz")["workers"])
            if now != measured:
                measured, since = now, time.monotonic()

    def audit(self, dataset, seed, recipe, signals):
        body = {"dataset_id": dataset["id"], "recipe": recipe, "seed": seed}
        if signals is not None:
            body["signals"] = signals
        processes = Processes(self.up.pid)
        before = processes.written()
        with GpuBusy() as gpu:
            begun = self.ask("/v1/audits", json.dumps(body).encode())
            audit = self.wait(f"/v1/audits/{begun['id']}", "succeeded", meanwhile=processes.look)
        processes.look()
        return audit, {
            "gpu_busy": gpu.share(),
            "foreseen": begun["estimate"]["seconds"],
            "anonymous_mib": processes.peak,
            "written_mib": (processes.written() - before) / MEBIBYTE,
            "laps": self.laps,
        }

    def stop(self):
        self.up.terminate()
        self.up.wait()
        self.home.cleanup()


class Processes:
    """The server, its worker and its Postgres."""

    def __init__(self, root):
        self.root, self.peak, self.bytes_of = root, 0.0, {}
        self.look()

    def look(self):
        """Notes the anonymous memory of the worker, and what each process has written to disk so far."""
        parents = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                parents[int(name)] = int(Path("/proc", name, "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
        for process in parents:
            if self.is_ours(process, parents):
                self.note(process)

    def is_ours(self, process, parents):
        while process > 1 and process != self.root:
            process = parents.get(process, 0)
        return process == self.root

    def note(self, process):
        try:
            command = Path("/proc", str(process), "cmdline").read_bytes().split(b"\0")
            status = Path("/proc", str(process), "status").read_text()
            io = Path("/proc", str(process), "io").read_text()
        except OSError:
            return
        self.bytes_of[process] = kept(io, "write_bytes:")
        if command[1:2] == [b"work"]:
            self.peak = max(self.peak, kept(status, "RssAnon:") / 1024)

    def written(self):
        return sum(self.bytes_of.values())


class GpuBusy:
    """The share of time in which the first GPU ran a kernel; none where there is none."""

    def __enter__(self):
        command = ["nvidia-smi", "--id=0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.watch = subprocess.Popen(command, text=True, **pipes) if shutil.which("nvidia-smi") else None
        return self

    def __exit__(self, *_):
        if self.watch:
            self.watch.terminate()
            self.percents = [int(line) for line in self.watch.communicate()[0].splitlines() if line.strip().isdigit()]

    def share(self):
        return statistics.mean(self.percents) / 100 if self.watch and self.percents else None


def kept(text, name):
    """The number behind a name in one of the files of /proc."""
    return int(next((line.split()[1] for line in text.splitlines() if line.startswith(name)), 0))
