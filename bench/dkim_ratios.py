#!/usr/bin/python3
"""Runs dkim_bench and prints its medians, and what is asked of them beside each.

usage: bench/dkim_ratios.py PROGRAM

CPU time, so that other work on the machine counts little. Threads are also held against as many
processes, which share nothing: where the machine itself has no more to give, the two are alike.
"""

import collections
import json
import os
import statistics
import subprocess
import sys

SIZE = 10240
ALL = ["--benchmark_repetitions=15", "--benchmark_enable_random_interleaving=true",
       "--benchmark_min_time=0.1"]


def start(program, *arguments):
    return subprocess.Popen([program, "--benchmark_format=json", *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def medians(process):
    """By benchmark, the median over the repetitions: real and CPU time in µs, and items a second."""
    real, cpu, rate = (collections.defaultdict(list) for _ in range(3))
    for run in json.loads(process.communicate()[0])["benchmarks"]:
        if run["run_type"] == "iteration":
            real[run["name"]].append(run["real_time"])
            cpu[run["name"]].append(run["cpu_time"])
            rate[run["name"]].append(run.get("items_per_second", 0))
    return [{name: statistics.median(figures) for name, figures in kind.items()}
            for kind in (real, cpu, rate)]


def signatures_a_second(program, processes, threads):
    name = f"sign/rsa_threads/{SIZE}/real_time/threads:{threads}"
    started = [start(program, f"--benchmark_filter={name}$", "--benchmark_min_time=1")
               for _ in range(processes)]
    return sum(medians(process)[2][name] for process in started)


def compare_threads(program):
    cores = min(os.cpu_count(), 4)
    rounds = [(signatures_a_second(program, 1, 1), signatures_a_second(program, cores, 1),
               signatures_a_second(program, 1, cores)) for _ in range(5)]
    one, processes, threads = (statistics.median(column) for column in zip(*rounds))
    print(f"signatures a second: one thread {one:.0f}; {cores} threads {threads:.0f}, "
          f"{threads / one:.2f} times as many; {cores} processes {processes:.0f}")
    print(f"{cores} threads beside {cores} processes: "
          f"{statistics.median(t / p for _, p, t in rounds):.2f}")


def main():
    program = sys.argv[1]
    real, cpu, _ = medians(start(program, *ALL))
    for name, time in cpu.items():
        print(f"{name:<46} {time:8.1f} µs CPU {real[name]:8.1f} µs real")
    for kind in ("rsa", "ed25519"):
        ratio = cpu[f"sign/{kind}/{SIZE}"] / cpu[f"bare/{kind}/{SIZE}"]
        print(f"signing beside the bare {kind} operation and one SHA-256 pass: {ratio:.2f} (1.15)")
    print(f"verification with a cached RSA-2048 key: {cpu[f'verify/rsa/{SIZE}']:.1f} µs (60)")
    compare_threads(program)


if __name__ == "__main__":
    main()
