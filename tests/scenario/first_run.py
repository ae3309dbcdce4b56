#!/usr/bin/python3
"""What a newcomer does first: `script/run` builds the server, starts the demonstration, sends a
message through it and shows its timeline."""

import os
import socket
import subprocess
import sys

from harness import run

RUN_SERIAL = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PORTS = (2525, 2526)  # of conf/demo.conf


def is_busy(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main(scenario):
    if any(is_busy(port) for port in PORTS):
        print(f"skipped: somebody listens on one of the demonstration's ports {PORTS}")
        sys.exit(77)
    done = subprocess.run([os.path.join(ROOT, "script", "run"), "--once"], cwd=ROOT, timeout=500,
                          capture_output=True, check=False)
    output = done.stdout.decode()
    assert done.returncode == 0, output + done.stderr.decode()
    timeline = output[output.rindex("message 0"):]
    for word in ("reception", "delivery", "250"):
        assert word in timeline, output
    assert not any(is_busy(port) for port in PORTS), "it leaves nothing running"
    scenario.say("a message and its timeline:")
    print(timeline)


if __name__ == "__main__":
    run(main)
