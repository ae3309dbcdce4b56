#!/usr/bin/python3
"""Postfix, Exim and swaks hand us mail, in plain text and over STARTTLS; all of it arrives."""

from harness import run, wait_until
from harness.clients import certificate, message_text, send, swaks
from harness.misbehaving import MisbehavingServer
from harness.peers import Exim, Postfix
from harness.server import Posthaste

CONFIG = """
server { hostname = "mta.test" data_dir = "@dir@/data" }
listener "submission" {
  address = "127.0.0.1:@smtp@"
  tls = opportunistic
  certificate = "%s"
  key = "%s"
}
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""


def main(scenario):
    cert, key = certificate(scenario)
    receiver = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, CONFIG % (cert, key, receiver.port)).start()
    relay = server.port("smtp")
    postfix = Postfix(scenario, "nobody.test", relay_port=relay,
                      settings="smtp_tls_security_level = encrypt\n")
    exim = Exim(scenario, relay_port=relay, transport_settings="hosts_require_tls = *")
    for number in range(10):
        send(postfix.port, message_text(f"postfix {number}"))
        send(exim.port, message_text(f"exim {number}"))
    for arguments in ([], ["--tls"], ["--pipeline"]):
        done = swaks(relay, *arguments)
        assert done.returncode == 0, done.stdout
    wait_until(lambda: len(receiver.messages) >= 23, 60, "23 messages at the receiver")
    texts = b"".join(receiver.messages)
    for number in range(10):
        assert b"Subject: postfix %d\r\n" % number in texts
        assert b"Subject: exim %d\r\n" % number in texts
    assert texts.count(b"with ESMTPS") >= 21, "Received fields tell of TLS"
    scenario.say("all 23 arrived, once")
    assert len(receiver.messages) == 23
    server.stop()


if __name__ == "__main__":
    run(main)
