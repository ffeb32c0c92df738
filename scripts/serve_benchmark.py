#!/usr/bin/env python3
"""`dynafilter serve` under load, beside a service in Python, by wrk or hey.

    scripts/serve_benchmark.py --model checkpoints/RUN/best.pt --picture photo.png

    scripts/serve_benchmark.py --model checkpoints/RUN/best.pt --tensors 8

    scripts/serve_benchmark.py --model checkpoints/RUN/best.pt --picture photo.png --soak 200000

The two are loaded in turn, round by round; the ratio is that of the medians, and above 1 where the jar is faster. Memory is the
resident memory of the server's process after the first and after the last round. The load generator runs on the same machine, and
takes its share of the processors.

With --tensors N the server alone is loaded, by requests of the Open Inference Protocol that have the pixels of N pictures each behind
their JSON: what it does where nothing is to be decoded.

With --soak the server alone is loaded until it has answered so many requests, and its resident memory is read every 10 s: flat is
what does not grow by 100,000 requests in the last third. Java's heap is kept at 256 MiB and touched at the start, unless JAVA_OPTS
says otherwise: else a heap that has not yet reached its limit looks like a leak.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
POST = """wrk.method = "POST"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
"""
JSON_LENGTH = "Inference-Header-Content-Length"
PATIENCE = 90  # seconds until a server answers
SOAK_SECONDS = 10  # between two looks at the memory
SOAK_WARM_UP = 3  # looks that do not count: compiled code, pools and caches fill
SOAK_LOOKS = 9  # at least, three in each third
UNITS = {"us": 0.001, "ms": 1, "s": 1000}


class Requests:
    """What a server is loaded with: a body, its headers, and the pictures in it."""

    def __init__(self, url, body, headers, pictures):
        self.url, self.body, self.headers, self.pictures = url, Path(body).resolve(), headers, pictures


def pictures(url, options):
    return Requests(url + "/classify", options.picture, {"Content-Type": "application/octet-stream"}, 1)


def tensors(url, options, folder):
    """Requests of random pixels, as many pictures each as --tensors says; their bytes follow the JSON."""
    with urllib.request.urlopen(url + "/labels", timeout=10) as answer:
        facts = json.load(answer)
    size = facts["image_size"]
    pixels = os.urandom(3 * size * size * options.tensors)
    head = json.dumps({"inputs": [{"name": "image", "datatype": "UINT8", "shape": [options.tensors, size, size, 3],
                                   "parameters": {"binary_data_size": len(pixels)}}],
                       "parameters": {"binary_data_output": True}}).encode()
    body = Path(folder, "tensors")
    body.write_bytes(head + pixels)
    return Requests(f"{url}/v2/models/{facts['model']}/infer", body,
                    {"Content-Type": "application/octet-stream", JSON_LENGTH: str(len(head))}, options.tensors)


def requests_to(server, options, folder):
    return tensors(server.url, options, folder) if options.tensors else pictures(server.url, options)


def load(requests, options, folder):
    """Pictures a second, the 99th percentile in ms, and the number of bad answers."""
    if options.generator == "wrk":
        script = Path(folder, "post.lua")
        script.write_text(POST.format(body=requests.body)
                          + "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in requests.headers.items()))
        out = subprocess.run(["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", "--timeout", "30s",
                              "-s", str(script), requests.url], check=True, capture_output=True, text=True).stdout
        slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
        return (requests.pictures * float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), float(slowest[1]) * UNITS[slowest[2]],
                int(bad[1] if bad else 0) + sum(map(int, errors.groups() if errors else ())))
    headers = [part for name, value in requests.headers.items() for part in ("-H", f"{name}: {value}")]
    out = subprocess.run(["hey", "-z", f"{options.seconds}s", "-c", str(options.connections), "-m", "POST", *headers,
                          "-D", str(requests.body), requests.url], check=True, capture_output=True, text=True).stdout
    answers = {int(status): int(count) for status, count in re.findall(r"\[(\d+)\]\s+(\d+) responses", out)}
    slowest = re.search(r"99%\S* in ([\d.]+) secs", out)
    return (requests.pictures * float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), 1000 * float(slowest[1]) if slowest else float("nan"),
            sum(count for status, count in answers.items() if status != 200))


def resident(pid):
    """The resident memory in MB of a process and its children."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if int(status.parent.name) == pid or f"PPid:\t{pid}\n" in text:
            found = re.search(r"VmRSS:\s+(\d+)", text)
            total += int(found[1]) if found else 0
    return total / 1024


class Server:
    def __init__(self, name, command, port):
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.rates, self.slowest, self.memory, self.bad = [], [], [], 0
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(self.url, timeout=10).read()
                return
            except urllib.error.HTTPError:  # it knows no such path, but answers
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{name} has ended: " + shlex.join(command))
                time.sleep(0.1)
        self.stop()
        sys.exit(f"{name} does not answer in {PATIENCE} s")

    def round(self, requests, options, folder):
        rate, slowest, bad = load(requests, options, folder)
        self.rates.append(rate)
        self.slowest.append(slowest)
        self.bad += bad
        self.memory.append(resident(self.process.pid))

    def line(self):
        return (f"{self.name:28} {statistics.median(self.rates):8.1f} pictures/s   p99 {statistics.median(self.slowest):8.1f} ms"
                f"   memory {self.memory[0]:6.0f} to {self.memory[-1]:6.0f} MB   {self.bad} bad answers")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def threads(options):
    return ["--threads", str(options.threads)] if options.threads else []


def served(program, options):
    return Server("dynafilter serve", [*program, "serve", "--model", options.model, "--device", "cpu", "--port", str(options.port),
                  "--max-batch", str(max(options.batch, options.tensors or 0)), "--queue",
                  str(2 * options.connections * (options.tensors or 1)), *threads(options)], options.port)


def batch_rate(program, options, folder):
    """The images a second of `benchmark`'s inference at the batch size, measured about as long as the server is loaded."""
    file = Path(folder, "benchmark.json")

    def measured(repeats):
        subprocess.run([*program, "benchmark", "--model", options.model, "--mode", "infer", "--precision", "fp32", "--batch-size",
                        str(options.batch), "--repeats", str(repeats), "--device", "cpu", "--json", str(file), *threads(options)],
                       check=True, stdout=subprocess.DEVNULL)
        return json.loads(file.read_text())["results"][0]["images_per_second"]
    return measured(max(8, round(options.seconds * measured(8) / options.batch)))


def growth(looks):
    """The slope in MB by 100,000 requests of (requests, MB), by least squares."""
    requests, memory = zip(*looks)
    return 100_000 * statistics.linear_regression(requests, memory).slope


def soak(program, options, folder):
    """Loads the server until it has answered the requests; prints its memory, and how it grew."""
    os.environ.setdefault("JAVA_OPTS", "-Xms256m -Xmx256m -XX:+AlwaysPreTouch")
    server = served(program, options)
    try:
        requests = requests_to(server, options, folder)
        slice_of = argparse.Namespace(**{**vars(options), "seconds": SOAK_SECONDS})
        looks, answered, bad = [], 0, 0
        while answered < options.soak or len(looks) < SOAK_WARM_UP + SOAK_LOOKS:
            rate, _, wrong = load(requests, slice_of, folder)
            answered += round(rate / requests.pictures * SOAK_SECONDS)
            bad += wrong
            looks.append((answered, resident(server.process.pid)))
            print(f"{answered:9,} requests  {looks[-1][1]:7.1f} MB  {rate:7.1f} a second  {bad} bad", flush=True)
    finally:
        server.stop()
    looks = looks[SOAK_WARM_UP:]
    third = len(looks) // 3
    print(f"growth by 100,000 requests: {growth(looks[:third]):+.1f} MB in the first third, {growth(looks[-third:]):+.1f} MB in the "
          f"last, {growth(looks):+.1f} MB over all {looks[-1][0] - looks[0][0]:,} after the warm-up; {bad} bad answers")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    sent = parser.add_mutually_exclusive_group(required=True)
    sent.add_argument("--picture", help="what every request sends")
    sent.add_argument("--tensors", type=int, metavar="N", help="every request sends the pixels of N pictures")
    parser.add_argument("--jar", default=str(HERE / "dynafilter"), help="how the program is started [%(default)s]")
    parser.add_argument("--python", default=os.environ.get("DYNAFILTER_PYTHON", sys.executable), help="with torch, for the peer")
    parser.add_argument("--workers", default="1", help="processes of the peer, a list [%(default)s]")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--batch", type=int, default=32, help="--max-batch [%(default)s]")
    parser.add_argument("--threads", type=int, help="of the network, in the server and in benchmark [all cores]")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=10, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak", type=int, metavar="N", help="send N requests to the server alone, and watch its memory")
    parser.add_argument("--port", type=int, default=18080, help="the first of some")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and the servers with it
    options.generator = next((tool for tool in ("wrk", "hey") if shutil.which(tool)), None)
    if not options.generator:
        sys.exit("no load generator: install the package wrk or hey")
    program = shlex.split(options.jar)
    servers = []
    with tempfile.TemporaryDirectory() as folder:
        if options.soak:
            soak(program, options, folder)
            return
        batches = []
        try:
            jar = served(program, options)
            servers.append(jar)
            if not (options.no_peer or options.tensors):
                script = str(Path(folder, "model.ts.pt"))
                subprocess.run([*program, "export", "--model", options.model, "--out", script], check=True,
                               stdout=subprocess.DEVNULL)
                for i, workers in enumerate(options.workers.split(",")):
                    port = options.port + 1 + i
                    servers.append(Server(f"Python, {workers} processes", [options.python, str(HERE / "serve_peer.py"), script,
                                          "--port", str(port), "--workers", workers], port))
            loads = [(server, requests_to(server, options, folder)) for server in servers]
            for _, requests in loads:
                load(requests, argparse.Namespace(**{**vars(options), "seconds": max(2, options.seconds // 3)}), folder)
            for _ in range(options.rounds):
                batches.append(batch_rate(program, options, folder))
                for server, requests in loads:
                    server.round(requests, options, folder)
        finally:
            for server in servers:
                server.stop()
        print(f"{options.generator}, {options.connections} connections, {options.rounds} rounds of {options.seconds} s, "
              f"batches of up to {options.batch}")
        for server in servers:
            print(server.line())
        mine = statistics.median(jar.rates)
        for server in servers[1:]:
            print(f"{mine / statistics.median(server.rates):.2f} times {server.name}")
        exact = statistics.median(batches)
        print(f"{mine / exact:.2f} times benchmark's inference at batch {options.batch}: {exact:.1f} images/s")


if __name__ == "__main__":
    main()
