"""What the benchmarks over a real broker share: the broker, running programs, reading a daemon's metrics."""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
PARTITIONS = 8


def run(command, **options):
    """Runs a command to its end; returns its output, its CPU seconds and its wall seconds."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    output, errors = process.communicate(timeout=600)
    return process.returncode, output, errors, time.monotonic() - begun


def cpu_of(command):
    """As run, with the CPU seconds of the whole process (user and system, all threads)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, output, errors, wall = run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {code}:\n{output}{errors}")
    return output, errors, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime), wall


class Broker:
    def __enter__(self):
        self.process = subprocess.Popen([BUILD / "tests" / "start_broker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            sys.exit("the broker did not start; has tests/kafka/fetch run?")
        return self.address

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.wait()


def load(brokers, topic, records, partitions=PARTITIONS):
    """Makes the topic and fills it with a scenario's records."""
    subprocess.check_call([BUILD / "perf" / "velo_load", brokers, topic, str(records), str(partitions)])


def write_job(folder, name, scenario, sink, delivery="exactly_once"):
    """Writes the scenario's job file and returns its path."""
    text = subprocess.check_output([BUILD / "perf" / "velo_job", scenario, name, sink], text=True)
    path = folder / f"{name}.yaml"
    path.write_text(f"{text}delivery: {delivery}\n")
    return path


def total(series, metric):
    """The sum over a metric's series."""
    return sum(value for name, value in series.items() if name.split("{")[0] == metric)


class Daemon:
    """A running `velostream run`, watched through its metrics. Killed at the end if it still runs."""

    def __init__(self, folder, brokers, jobs, workers=2, instance="bench"):
        server = folder / f"{instance}.yaml"
        server.write_text(f'kafka: {{bootstrap_servers: "{brokers}"}}\nworkers: {workers}\n'
                          f'http: {{listen: "127.0.0.1:0"}}\ninstance: {instance}\n')
        self.log = open(folder / f"{instance}.log", "w+")
        self.begun = time.monotonic()
        self.process = subprocess.Popen([BUILD / "velostream", "run", "--config", server, *jobs],
                                        stdout=self.log, stderr=self.log)
        self.port = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.kill()

    def text(self):
        return pathlib.Path(self.log.name).read_text()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def drain(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=60) != 0:
            sys.exit(f"the daemon did not drain:\n{self.text()}")

    def metrics(self):
        """All series: {(name, labels): value}."""
        while self.port is None:
            found = re.search(r"listening on .*?([0-9]+)\n", self.text())
            if found:
                self.port = int(found.group(1))
            elif self.process.poll() is not None:
                sys.exit(f"the daemon ended:\n{self.text()}")
            else:
                time.sleep(0.005)
        answer = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10).read().decode()
        series = {}
        for line in answer.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                series[name] = float(value)
        return series

    def states(self, series):
        """The states its jobs are in: {name: state}."""
        return {re.search(r'job_name="([^"]*)"', name).group(1): re.search(r'state="([^"]*)"', name).group(1)
                for name, value in series.items() if name.startswith("velostream_job_state{") and value == 1}

    def wait_for(self, condition, seconds=300):
        end = time.monotonic() + seconds
        while not condition(self.metrics()):
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"waited in vain:\n{self.text()}")
            time.sleep(0.02)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024
