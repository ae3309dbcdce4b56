#!/usr/bin/python3
"""Clients log in over STARTTLS and over implicit TLS; without a login nobody may relay, and
nobody may send a password in the clear."""

import smtplib

from harness import run, wait_until
from harness.clients import certificate, message_text, msmtp, send
from harness.misbehaving import MisbehavingServer
from harness.server import Posthaste

CONFIG = """
server { hostname = "mta.test" data_dir = "@dir@/data" }
tenant "shop" { }
user "alice" { password = "{plain}correct horse" tenant = "shop" }
listener "starttls" {
  address = "127.0.0.1:@starttls@"
  tls = required
  certificate = "%(cert)s"
  key = "%(key)s"
  auth = required
  relay_from = {}
}
listener "implicit" {
  address = "127.0.0.1:@implicit@"
  tls = implicit
  certificate = "%(cert)s"
  key = "%(key)s"
  auth = required
  relay_from = {}
}
listener "open" { address = "127.0.0.1:@plain@" relay_from = {"192.0.2.0/24"} }
route "*" { to = {"[127.0.0.1]:%(port)d"} tls = off }
"""


def refusal(call):
    try:
        call()
    except smtplib.SMTPException as error:
        return str(error)
    raise AssertionError("this should have been refused")


def main(scenario):
    cert, key = certificate(scenario)
    receiver = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, CONFIG % {"cert": cert, "key": key, "port": receiver.port}).start()
    login = {"user": "alice", "password": "correct horse"}
    send(server.port("starttls"), message_text("one"), starttls=True, **login)
    send(server.port("implicit"), message_text("two"), implicit_tls=True, **login)
    done = msmtp(scenario, server.port("starttls"), message_text("three"), settings=(
        "tls on\ntls_starttls on\ntls_certcheck off\nauth plain\nuser alice\npassword correct horse"))
    assert done.returncode == 0, done.stderr.decode()
    done = msmtp(scenario, server.port("implicit"), message_text("four"), settings=(
        "tls on\ntls_starttls off\ntls_certcheck off\nauth login\nuser alice\npassword correct horse"))
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: len(receiver.messages) == 4, 30, "four messages")
    assert all(b"with ESMTPSA" in text for text in receiver.messages), receiver.messages

    starttls = server.port("starttls")
    assert "535" in refusal(lambda: send(starttls, message_text(), starttls=True, user="alice",
                                         password="wrong"))
    assert "530" in refusal(lambda: send(starttls, message_text(), starttls=True))
    assert "530" in refusal(lambda: send(starttls, message_text()))
    assert "550" in refusal(lambda: send(server.port("plain"), message_text()))
    scenario.say("four logins, four refusals")
    assert len(receiver.messages) == 4
    server.stop()


if __name__ == "__main__":
    run(main)
