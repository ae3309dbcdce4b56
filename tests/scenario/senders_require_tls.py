#!/usr/bin/python3
"""REQUIRETLS (RFC 8689): mail that requires TLS goes only where it is offered over verified TLS,
else it comes back with 5.7.30; TLS-Required: No sets a domain's policy aside."""

import smtplib

from harness import run
from harness.clients import certificate, message_text, unverified
from harness.server import Sink
from harness.transport import TransportWorld


def submit(port, text, sender, recipient, options):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo()
        assert not client.has_extn("requiretls"), "REQUIRETLS is offered in plain text"
        code, _ = client.docmd("MAIL", f"FROM:<{sender}> REQUIRETLS")
        assert code == 555, code
        client.starttls(context=unverified())
        client.ehlo()
        assert client.has_extn("requiretls")
        client.sendmail(sender, [recipient], text, mail_options=options)


def main(scenario):
    world = TransportWorld(scenario)
    good, wrong = world.ca.issue("mx.good.lab"), world.ca.issue("mx.elsewhere.lab")
    world.host("mx.good.lab", good, tlsa=[good.tlsa()])
    world.domain("good.lab", ["mx.good.lab"])
    world.host("mx.bad.lab", wrong, tlsa=[good.tlsa()])
    world.domain("bad.lab", ["mx.bad.lab"])
    sink = Sink(scenario)
    cert, key = certificate(scenario, "mta.test")
    world.start(f'''
listener "tls" {{
  address = "127.0.0.1:@secure@"
  role = submission
  tls = opportunistic
  certificate = "{cert}"
  key = "{key}"
}}
route "sender.test" {{ to = {{"[127.0.0.1]:{sink.port}"}} }}
''')
    port = world.server.port("secure")
    # Postfix 3.7 does not know REQUIRETLS.
    submit(port, message_text("guarded", recipient="b@good.lab"), "a@sender.test", "b@good.lab",
           ["REQUIRETLS"])
    event = world.outcome("good.lab")
    assert event["type"] == "bounce" and event["enhanced_status"] == "5.7.30", event
    assert not world.postfix.messages()
    scenario.say("what requires TLS came back")

    text = message_text("urgent", recipient="b@bad.lab").replace(
        b"Subject:", b"TLS-Required: No\r\nSubject:")
    world.send("bad.lab", text=text)
    event = world.outcome("bad.lab")
    assert event["type"] == "delivery" and "tls_verified" not in event, event
    scenario.say("what does not went through, over the TLS that there is")


if __name__ == "__main__":
    run(main)
