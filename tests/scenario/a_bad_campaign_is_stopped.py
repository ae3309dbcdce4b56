#!/usr/bin/python3
"""A campaign whose addresses do not exist goes over its budget of bounces: an alert tells of it, the
metrics show it, and its mail waits, over a SIGKILL, until an operator lets it go; all other mail goes
on."""

import json
import re
import smtplib

from harness import run, wait_until
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

PERSONA = """
persona { name = "choosy" }
unknown_users { pattern = "^unknown" reply = "550 5.1.1 no such user" }
"""

BLOCKS = """
bounce { notify_sender = false }
log "all" { path = "@dir@/events.log" }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
alert {
  hard_bounce { windows = "4m" min_count = 20 }
  campaign_budget { hard_bounce = "10%%" action = suspend }
}
"""


def submit(port, campaign, recipients):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        for recipient in recipients:
            client.sendmail("a@sender.test", [recipient],
                            f"From: a@sender.test\r\nTo: {recipient}\r\nSubject: news\r\n"
                            f"X-Campaign: {campaign}\r\n\r\nHello.\r\n".encode())


def main(scenario):
    sink = Sink(scenario, scenario.write("choosy.conf", PERSONA))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    port = server.port("smtp")

    def alerts(campaign):
        return [one for one in server.events("rate_alert") if one.get("campaign") == campaign]

    def stopped(campaign="bad"):
        return [one for one in alerts(campaign) if one["meta"].get("action") == "suspended"]

    def levels():
        return [one["meta"]["level"] for one in alerts("bad") if "action" not in one["meta"]]

    def suspensions():
        done = server.verb("queue", "suspensions", "--json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)["suspensions"]

    submit(port, "bad", [f"unknown{number}@bad.test" for number in range(20)])
    submit(port, "bad", [f"known{number}@bad.test" for number in range(20)])
    submit(port, "good", [f"known{number}@good.test" for number in range(40)])
    wait_until(stopped, 90, "the suspension")
    # An alert is of two windows, one after the other.
    wait_until(levels, 90, "the alert")
    assert levels() == ["page"], alerts("bad")
    alert = stopped()[0]
    assert "campaign bad: hard_bounce" in alert["response"], alert
    assert "in 4m), the budget is 10%" in alert["response"], alert
    assert alert["meta"]["rate"] == "hard_bounce" and alert["meta"]["scope"] == "campaign", alert
    assert not alerts("good"), alerts("good")
    assert "suspended over its budget" in server.output()
    scenario.say("the campaign is stopped, with an alert")

    _, metrics = server.get("/metrics")
    assert re.search(r'posthaste_bounce_rate\{[^}]*kind="hard"[^}]*name="bad"[^}]*\} 0\.', metrics) \
        or re.search(r'posthaste_bounce_rate\{[^}]*name="bad"[^}]*kind="hard"[^}]*\} 0\.', metrics), \
        metrics
    assert 'name="good"' not in metrics, "campaigns without an alert have no series"
    assert re.search(r'posthaste_rate_alert\{[^}]*name="bad"[^}]*\} 2', metrics), metrics
    done = server.verb("rates", "--json", "--scope", "campaign")
    assert done.returncode == 0, done.stderr.decode()
    rows = json.loads(done.stdout)["rates"]
    worst = rows[0]
    assert worst["name"] == "bad" and worst["state"] == "page" and worst["over_budget"], rows
    assert worst["count"] == 20 and worst["of"] <= 40 and worst["budget"] == 0.1, worst
    good = [one for one in rows if one["name"] == "good" and one["rate"] == "hard_bounce"]
    assert good and good[0]["count"] == 0, rows
    table = server.verb("rates").stdout.decode()
    assert "page, over budget" in table and "THRESHOLD" in table, table
    assert server.verb("rates", "--scope", "planet").returncode == 2
    scenario.say("metrics and the table show it")

    taken = len(sink.messages())
    submit(port, "bad", ["known100@bad.test"])
    submit(port, "good", ["known100@good.test"])
    wait_until(lambda: len(sink.messages()) == taken + 1, 30, "the other campaign's mail")
    shown = lambda: server.verb("queue", "show", "outbound/campaign=bad/bad.test").stdout.decode()
    why = "suspended (tenant=- campaign=bad) by budget: campaign bad: hard_bounce"
    wait_until(lambda: why in shown(), 30, "the reason in queue show")
    assert len(suspensions()) == 1, suspensions()
    scenario.say("its mail waits and says why; the others' goes")

    server.kill()
    server.start()
    assert [one["by"] for one in suspensions()] == ["budget"], suspensions()
    assert server.verb("queue", "resume", "--campaign", "bad").returncode == 0
    wait_until(lambda: len(sink.messages()) == taken + 2, 30, "the mail that waited")
    submit(port, "bad", ["known101@bad.test"])
    wait_until(lambda: len(sink.messages()) == taken + 3, 30, "more of it")
    # It goes on over its budget, and is judged again: another one that goes over is stopped after it.
    submit(port, "bad", ["unknown100@bad.test"])
    wait_until(lambda: [one for one in server.events("bounce")
                        if one["recipient"] == "unknown100@bad.test"], 30, "one more bounce of it")
    submit(port, "worse", [f"unknown{number}@worse.test" for number in range(40)])
    wait_until(lambda: stopped("worse"), 90, "another campaign's suspension")
    done = server.verb("rates", "--json", "--scope", "campaign")
    over = {one["name"] for one in json.loads(done.stdout)["rates"] if one["over_budget"]}
    assert over == {"bad", "worse"}, over
    scopes = [one["scope"] for one in suspensions()]
    assert scopes == [{"tenant": "-", "campaign": "worse"}], scopes
    assert len(stopped()) == 1, stopped()
    scenario.say("who lets it go is not overruled")
    server.stop()


if __name__ == "__main__":
    run(main)
