#!/usr/bin/python3
"""An analytics relay passes each transaction on while it arrives: the replies are the next server's,
the log shows the envelope and the chosen header fields. When the next server is gone the client
hears 421; when the log cannot be written mail still flows, and what is missing is counted."""

import smtplib

from harness import run, wait_until
from harness.clients import message_text
from harness.server import Posthaste, Sink, relay_config

IN_LISTENER = 'headers = {"X-Campaign", "Message-ID"}'
BLOCKS = """
log "events" { path = "@dir@/events.log" }
spool { min_free = "%s" }
"""

LOST = "posthaste_relay_events_lost_total"
BODY = "Hello.\r\n.a line that begins with a dot\r\n" + "x" * 70 + "\r\n" * 2


def campaign_message(subject):
    return b"X-Campaign: spring\r\n" + message_text(subject, body=BODY)


def start_relay(scenario, sink, min_free, name):
    config = relay_config(sink.port, IN_LISTENER) + BLOCKS % min_free
    return Posthaste(scenario, config, name).start()


def connect(port):
    client = smtplib.SMTP("127.0.0.1", port, timeout=60)
    client.ehlo("client.test")
    return client


def replies(port):
    """What a client hears in a dialogue; but for ids, which differ."""
    heard = []
    with connect(port) as client:
        heard.append(sorted(name for name in client.esmtp_features if name != "starttls"))
        heard.append(client.mail("a@sender.test"))
        heard.append(client.rcpt("b@recipient.test"))
        heard.append(client.docmd("RCPT", "nobody"))
        heard.append(client.docmd("VRFY", "somebody"))
        heard.append(client.rset())
        heard.append(client.docmd("DATA"))
    return heard


def passes_mail(scenario):
    sink = Sink(scenario)
    relay = start_relay(scenario, sink, "1MB", "relay")
    assert replies(relay.port("smtp")) == replies(sink.port)
    scenario.say("the replies are the next server's")

    with connect(relay.port("smtp")) as client:
        for subject in ("first", "second"):
            client.sendmail("a@sender.test", ["b@recipient.test", "c@recipient.test"],
                            campaign_message(subject))
    wait_until(lambda: len(sink.messages()) == 2, 30, "two messages at the next server")
    for text in sink.messages():
        assert campaign_message("first").split(b"\r\n\r\n")[1] in text, text
    relayed = wait_until(lambda: len(relay.events("relayed")) == 4 and relay.events("relayed"), 30,
                         "an event for each recipient")
    one = relayed[0]
    assert (one["sender"], one["recipient"]) == ("a@sender.test", "b@recipient.test"), one
    assert one["meta"] == {"X-Campaign": "spring", "Message-ID": "<first@sender.test>"}, one
    assert one["subject"] == "first" and one["smtp_code"] == 250, one
    assert one["listener"] == "analytics" and one["peer_address"] == "127.0.0.1", one
    assert one["size"] == len(campaign_message("first")), one
    refused = relay.events("rejection")
    assert [event["smtp_code"] // 100 for event in refused] == [5], refused
    scenario.say("the log shows envelope and chosen fields")

    def open_at_next_server(count):
        return lambda: sink.counts()["open"] == count

    wait_until(open_at_next_server(0), 30, "the next server to be left")
    half = connect(relay.port("smtp"))
    half.mail("a@sender.test")
    half.rcpt("b@recipient.test")
    half.docmd("DATA")
    half.send("Subject: half\r\n\r\nhalf a message")
    assert open_at_next_server(1)(), sink.counts()
    half.sock.close()
    half.file.close()
    wait_until(open_at_next_server(0), 30, "the next server to be left in the middle of it")
    assert sink.counts()["messages"] == 2 and len(sink.messages()) == 2, "no half message"
    waiting = connect(relay.port("smtp"))
    sink.kill()
    code, text = waiting.getreply()
    assert code == 421, (code, text)
    try:
        smtplib.SMTP("127.0.0.1", relay.port("smtp"), timeout=60)
        raise AssertionError("a greeting without a next server")
    except smtplib.SMTPConnectError as error:
        assert error.smtp_code == 421, error
    assert relay.metric(LOST) == 0
    relay.stop()
    scenario.say(f"without its next server: {code} {text.decode()}")


def counts_what_it_cannot_write(scenario):
    sink = Sink(scenario, name="sink2")
    relay = start_relay(scenario, sink, "1000000GB", "full")
    wait_until(lambda: relay.get("/readyz")[0] == 503, 30, "the spool to be full")
    with connect(relay.port("smtp")) as client:
        for number in range(3):
            client.sendmail("a@sender.test", ["b@recipient.test"], campaign_message(f"n{number}"))
    wait_until(lambda: len(sink.messages()) == 3, 30, "mail to flow")
    assert relay.metric(LOST) == 3, relay.metric(LOST)
    assert relay.events("relayed") == []
    relay.stop()
    scenario.say("with a full disk mail flows, and 3 events are counted as lost")


def main(scenario):
    passes_mail(scenario)
    counts_what_it_cannot_write(scenario)


if __name__ == "__main__":
    run(main)
