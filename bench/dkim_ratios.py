#!/usr/bin/python3
"""The medians of dkim_bench and what the issue asks of them, from Google Benchmark's JSON.

CPU time, so that other work on the machine counts little.
"""

import collections
import json
import statistics
import sys


def medians(path):
    """By benchmark, the median over the repetitions: real and CPU time in µs, and items a second."""
    real, cpu, rate = (collections.defaultdict(list) for _ in range(3))
    with open(path, encoding="utf-8") as file:
        for run in json.load(file)["benchmarks"]:
            if run["run_type"] == "iteration":
                real[run["name"]].append(run["real_time"])
                cpu[run["name"]].append(run["cpu_time"])
                rate[run["name"]].append(run.get("items_per_second", 0))
    return [{name: statistics.median(figures) for name, figures in kind.items()}
            for kind in (real, cpu, rate)]


def main():
    real, cpu, rate = medians(sys.argv[1])
    for name, time in cpu.items():
        print(f"{name:<42} {time:8.1f} µs CPU {real[name]:8.1f} µs real")
    for kind in ("rsa", "ed25519"):
        ratio = cpu[f"sign/{kind}/10240"] / cpu[f"bare/{kind}/10240"]
        print(f"signing beside the bare {kind} operation and one SHA-256 pass: {ratio:.2f} (1.15)")
    print(f"verification with a cached RSA-2048 key: {cpu['verify/rsa/10240']:.1f} µs (60)")
    one = rate["sign/rsa_threads/10240/real_time/threads:1"]
    for threads in (2, 4):
        many = rate[f"sign/rsa_threads/10240/real_time/threads:{threads}"]
        print(f"{threads} threads sign {many / one:.2f} times as much as one")


if __name__ == "__main__":
    main()
