#!/usr/bin/python3
"""Postfix and Exim take what Posthaste delivers, in plain text and over STARTTLS, unchanged."""

import email

from harness import run
from harness.clients import certificate, message_text, send
from harness.peers import Exim, Postfix
from harness.server import MINIMAL_CONFIG, Posthaste

BODY = "..leading dots\r\n.\r\n" + "x" * 900 + "\r\n" + "é".encode("utf-8").decode("latin-1") + "\r\n"


def body_of(octets):
    return octets.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1].rstrip(b"\n")


def check(scenario, peers):
    routes = "".join(f'route "{name}.test" {{ to = {{"[127.0.0.1]:{peer.port}"}} }}\n'
                     for name, peer in peers.items())
    server = Posthaste(scenario, MINIMAL_CONFIG + routes, name="server-" + "-".join(peers)).start()
    for name in peers:
        text = message_text(f"for {name}", recipient=f"b@{name}.test").replace(
            b"Hello.\r\n", BODY.encode("latin-1"))
        send(server.port("smtp"), text, recipients=[f"b@{name}.test", f"c@{name}.test"])
    for name, peer in peers.items():
        taken = peer.wait_for_messages(2)
        for one in taken:
            assert body_of(one) == BODY.encode("latin-1").replace(b"\r\n", b"\n").rstrip(b"\n"), one
            assert email.message_from_bytes(one)["Subject"] == f"for {name}"
        scenario.say(f"{name} has both recipients' copies, unchanged")
    server.stop()
    return {name: peer.messages() for name, peer in peers.items()}


def main(scenario):
    check(scenario, {"postfix": Postfix(scenario, "postfix.test", settings=""),
                     "exim": Exim(scenario)})
    cert, key = certificate(scenario)
    taken = check(scenario, {
        "postfixtls": Postfix(scenario, "postfixtls.test", name="postfixtls", settings=(
            f"smtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {cert}\n"
            f"smtpd_tls_key_file = {key}\nsmtpd_tls_received_header = yes\n")),
        "eximtls": Exim(scenario, name="eximtls", settings=(
            f"tls_advertise_hosts = *\ntls_certificate = {cert}\ntls_privatekey = {key}\n"))})
    assert b"using TLSv1.3" in taken["postfixtls"][0], taken["postfixtls"][0]
    assert b"(TLS1.3)" in taken["eximtls"][0] or b"esmtps" in taken["eximtls"][0], taken["eximtls"][0]
    scenario.say("over TLS 1.3 as well")


if __name__ == "__main__":
    run(main)
