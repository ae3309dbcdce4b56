#!/usr/bin/python3
"""SIGHUP takes a new file over without dropping a session or a message; a bad one is refused with
its line, and the old one stays."""

import signal
import smtplib

from harness import run, wait_until
from harness.clients import message_text
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

BLOCKS = """
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
delivery { site_rest = "1s" site_rest_ceiling = "1s" }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""


def answers(port):
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=60).quit()
        return True
    except OSError:
        return False


def main(scenario):
    nobody = scenario.free_port()
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % nobody).start()
    sink = Sink(scenario)
    client = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=60)
    client.ehlo()
    client.sendmail("a@sender.test", ["before@x.test"], message_text("before"))
    client.mail("a@sender.test")
    client.rcpt("during@x.test")

    server.write_config(MINIMAL_CONFIG + BLOCKS % sink.port + "remote_queue { }\n")
    server.signal(signal.SIGHUP)
    server.wait_for("posthaste.conf:")
    assert "remote_queue" in server.output(), server.output()
    assert len(sink.messages()) == 0, "the old file stays"

    new = MINIMAL_CONFIG.replace('role = submission\n', 'role = submission\n  max_recipients = 3\n')
    server.write_config(new + BLOCKS % sink.port)
    server.signal(signal.SIGHUP)
    server.wait_for("the configuration is reloaded")
    code, text = client.data(message_text("during"))
    assert code == 250, (code, text)
    client.sendmail("a@sender.test", ["after@x.test"], message_text("after"))
    wait_until(lambda: len(sink.messages()) == 3, 60, "what was sent before, during and after")
    scenario.say("the open session went on, and its mail takes the new route")

    with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=60) as fresh:
        fresh.ehlo()
        fresh.mail("a@sender.test")
        codes = [fresh.rcpt(f"r{number}@x.test")[0] for number in range(4)]
    assert codes == [250, 250, 250, 452], codes
    scenario.say("a new session has the new limits")

    moved = scenario.free_port()
    server.write_config(new + BLOCKS % sink.port +
                        'listener "second" { address = "127.0.0.1:%d" }\n' % moved)
    server.signal(signal.SIGHUP)
    wait_until(lambda: answers(moved), 60, "the new listener")
    before = server.metric("posthaste_messages_received_total")
    with smtplib.SMTP("127.0.0.1", moved, timeout=60) as fresh:
        fresh.sendmail("a@sender.test", ["new@x.test"], message_text("new"))
    received = server.metric("posthaste_messages_received_total")
    assert received == before + 1, (before, received)
    client.sendmail("a@sender.test", ["old@x.test"], message_text("old"))
    server.write_config(new + BLOCKS % sink.port)
    server.signal(signal.SIGHUP)
    wait_until(lambda: not answers(moved), 60, "the listener to be closed")
    client.sendmail("a@sender.test", ["old@x.test"], message_text("still"))
    client.quit()
    scenario.say("listeners open and close with the file, and sessions elsewhere go on")


if __name__ == "__main__":
    run(main)
