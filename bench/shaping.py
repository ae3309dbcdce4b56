#!/usr/bin/python3
"""What script/bench shaping runs: the closed loop beside other ways to keep a pace, and warm-up by
three schedules, with a good list and with one that goes bad in the third week. Prints the tables of
docs/shaping.md and draws docs/images.

usage: bench/shaping.py POSTHASTE PACE_COMPARISON [VOLUME [DAYS]]
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

SCHEDULES = {
    "weekly steps": "mode = step closed_loop = false full = {full}",
    "smooth, closed loop": "full = {full}",
    "SendGrid's table": 'preset = "sendgrid" closed_loop = false full = {full}',
}
LISTS = {"a good list": [], "3 % bounces in week three": ["--bounces", "0.4", "--bounces", "15-21:3"]}


def draw(name, data):
    path = os.path.join(ROOT, "docs", "images", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run([os.path.join(ROOT, "tools", "draw_lines"), path],
                   input=json.dumps(data).encode(), check=True)


def compare_pace(program):
    data = json.loads(subprocess.run([program], check=True, capture_output=True).stdout)
    limit = data.pop("limit")
    print("| way | of the limit used | deferred | deferred after ten minutes | busiest second after them |\n"
          "|---|---|---|---|---|")
    panels = []
    for name, run in data.items():
        accepted, deferred = sum(run["accepted"]), sum(run["deferred"])
        later = sum(run["deferred"][10:])
        print(f"| {name} | {100 * accepted / sum(limit):.1f} % | "
              f"{100 * deferred / (accepted + deferred):.2f} % ({deferred:,}) | {later:,} | "
              f"{run['busiest_second']} |")
        panels.append({"title": name, "lines": [
            {"name": "hidden limit", "kind": "dashed", "points": list(enumerate(limit))},
            {"name": "accepted", "points": list(enumerate(run["accepted"]))},
            {"name": "deferred", "kind": "area", "points": list(enumerate(run["deferred"]))}]})
    draw("pace.svg", {"title": "Messages a minute against a limit nobody tells; it halves for an hour",
                      "x": "minutes", "panels": panels})


def simulate(posthaste, schedule, bounces, volume, days):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
        warmup = schedule.replace("{full}", str(volume // 4))
        for number in range(1, 5):
            config.write(f'source "ip{number}" {{ address = "192.0.2.{number}" '
                         f"warmup {{ {warmup} }} }}\n")
        config.flush()
        done = subprocess.run([posthaste, "simulate", "-c", config.name, "--volume", str(volume),
                               "--days", str(days), "--json"] + bounces,
                              check=True, capture_output=True)
    return json.loads(done.stdout)


def by_day(result, field):
    return [[day["day"], sum(one[field] for one in day["providers"])] for day in result["days"]]


def compare_warmup(posthaste, volume, days):
    wanted = [(list_name, name) for list_name in LISTS for name in SCHEDULES]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(
            lambda one: simulate(posthaste, SCHEDULES[one[1]], LISTS[one[0]], volume, days), wanted))
    print(f"\nFour addresses, {volume:,} messages a day, {days} days.\n")
    print("| list | schedule | full volume on day | sent in all | deferred | bounced | addresses blocked |"
          "\n|---|---|---|---|---|---|---|")
    panels = {}
    for (list_name, name), result in zip(wanted, results):
        full = result["full_on_day"] or "not reached"
        print(f"| {list_name} | {name} | {full} | {result['delivered']:,} | {result['deferrals']:,} | "
              f"{result['bounced']:,} | {result['blocks']} |")
        panels.setdefault(list_name, []).append({"name": name, "points": by_day(result, "delivered")})
    draw("warmup.svg", {"title": f"Delivered a day, four new addresses to {volume:,} a day",
                        "x": "day", "log": True,
                        "panels": [{"title": title, "lines": lines}
                                   for title, lines in panels.items()]})


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    volume = int(sys.argv[3]) if len(sys.argv) > 3 else 2_000_000
    days = int(sys.argv[4]) if len(sys.argv) > 4 else 60
    compare_pace(sys.argv[2])
    compare_warmup(sys.argv[1], volume, days)


if __name__ == "__main__":
    main()
