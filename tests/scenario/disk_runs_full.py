#!/usr/bin/python3
"""The spool's disk runs full under load: mail is refused with 452, what was accepted stays and is
delivered when its site comes back, and then mail is accepted again, all without a restart: where the
spool saw the end of the disk coming (min_free), and where writes themselves failed and the operator
made room."""

import json
import os
import smtplib

from harness import Skip, run, wait_until
from harness.clients import send
from harness.processes import run_program
from harness.server import MINIMAL_CONFIG, Posthaste, Sink, http_get

BLOCKS = """
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
delivery { site_rest = "1s" site_rest_ceiling = "1s" }
spool { min_free = "%s" }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""

BODY = "x" * 70 + "\r\n"


def fill(port, accepted):
    """Sends until the server refuses; returns the refusal."""
    for number in range(len(accepted), 100000):
        name = f"full-{number}"
        text = f"X-Blast-Id: {name}\r\nSubject: x\r\n\r\n" + BODY * 700
        try:
            send(port, text.encode(), recipients=["b@d00.test"])
        except (smtplib.SMTPResponseException, smtplib.SMTPSenderRefused) as error:
            return error.smtp_code, error.smtp_error.decode()
        except smtplib.SMTPRecipientsRefused as error:
            return next(iter(error.recipients.values()))
        accepted.append(name)
    raise AssertionError("the disk never ran full")


def waiting(server):
    """The messages that the spool holds; a queue that was never asked for holds none."""
    status, text = server.get("/api/v1/queues/messages?name=outbound/d00.test&limit=10")
    assert status in (200, 404), text
    return json.loads(text)["messages"] if status == 200 else []


def arrived(sink):
    _, text = http_get(f"http://127.0.0.1:{sink.http}/ids")
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def story(scenario, name, min_free):
    disk = scenario.folder(name)
    mounted = run_program(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk])
    if mounted.returncode != 0:
        raise Skip("no small disk can be mounted here")
    scenario.callback(lambda: run_program(["umount", "-l", disk]))
    port = scenario.free_port()
    config = MINIMAL_CONFIG.replace("@dir@/data", disk) + BLOCKS % (min_free, port)
    server = Posthaste(scenario, config, name=f"server-{name}").start()
    accepted = []
    code, text = fill(server.port("smtp"), accepted)
    assert code == 452, (code, text)
    status, why = server.get("/readyz")
    assert status == 503, (status, why)
    assert server.is_running()
    scenario.say(f"{name}: {len(accepted)} accepted, then {code} {text}; /readyz: {why.strip()}")
    assert len(accepted) > 50, len(accepted)

    if min_free == "0":
        # Nothing can be written, not even that mail was delivered: the operator makes room.
        grown = run_program(["mount", "-o", "remount,size=96m", disk])
        assert grown.returncode == 0, grown.stderr
    sink = Sink.__new__(Sink)
    start_sink_on(scenario, sink, port, f"sink-{name}")
    wait_until(lambda: set(accepted) <= arrived(sink), 120, "all that was accepted")
    wait_until(lambda: server.get("/readyz")[0] == 200, 60, "the server to take mail again")
    send(server.port("smtp"), b"X-Blast-Id: after\r\nSubject: x\r\n\r\nx\r\n",
         recipients=["b@d00.test"])
    wait_until(lambda: "after" in arrived(sink), 30, "a message after the disk was free again")
    scenario.say(f"{name}: all arrived, and mail is accepted again")

    # What the disk holds after all that is whole: nothing waits, and nothing is sent again.
    wait_until(lambda: waiting(server) == [], 30, "an empty spool")
    sent = sink.counts()["messages"]
    server.restart()
    wait_until(lambda: server.get("/readyz")[0] == 200, 30, "the server to take mail")
    assert waiting(server) == [], waiting(server)
    send(server.port("smtp"), b"X-Blast-Id: restarted\r\nSubject: x\r\n\r\nx\r\n",
         recipients=["b@d00.test"])
    wait_until(lambda: "restarted" in arrived(sink), 30, "a message after the restart")
    assert sink.counts()["messages"] == sent + 1, (sent, sink.counts()["messages"])
    scenario.say(f"{name}: a restart finds the spool whole")
    server.stop()


def start_sink_on(scenario, sink, port, name):
    """A Sink on a port that the server's routes know already."""
    free = scenario.free_port
    ports = iter([port])
    scenario.free_port = lambda: next(ports, None) or free()
    try:
        sink.__init__(scenario, name=name)
    finally:
        scenario.free_port = free


def main(scenario):
    if os.geteuid() != 0:
        raise Skip("only root can mount a small disk")
    story(scenario, "watched", "8MB")  # mail is refused before the disk is full
    story(scenario, "surprised", "0")  # writes themselves fail


if __name__ == "__main__":
    run(main)
