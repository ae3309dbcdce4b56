"""Other programs that sign and verify DKIM: what each accepts of files, and files signed by them.

A peer has `accepts(files)`, the files of which it finds every signature good (at least `signatures` of
them), may have `sign(...)`, and says by `judges(form, message)` what it can tell of. It raises Skip
where its program is missing.
"""

import concurrent.futures
import http.client
import json
import os
import re

from .processes import Process, run_program
from .scenario import Skip, need, wait_until

try:
    import dkim
except ImportError:
    dkim = None

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__)))))


# RFC 5322 §3.6
UNIQUE_FIELDS = {b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"message-id", b"in-reply-to",
                 b"references", b"subject", b"date", b"mime-version", b"content-type"}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, octets):
    with open(path, "wb") as file:
        file.write(octets)


def _dkimpy_verdict(task):
    path, records, signatures = task

    def lookup(name, timeout=5):
        return records.get(name.decode().rstrip("."), "").encode() or None
    message = read(path)
    for index in range(signatures):
        try:
            if not dkim.DKIM(message).verify(idx=index, dnsfunc=lookup):
                return False
        except dkim.DKIMException:
            return False
    return True


class Peer:
    def judges(self, form, message):
        return True


class Dkimpy(Peer):
    name = "dkimpy"

    def __init__(self, scenario, records):
        if dkim is None:
            raise Skip("dkimpy is not installed for this Python: run script/setup")
        self._records = records

    def accepts(self, files, signatures=1):
        tasks = [(file, self._records, signatures) for file in files]
        with concurrent.futures.ProcessPoolExecutor() as pool:
            good = pool.map(_dkimpy_verdict, tasks, chunksize=50)
            return {file for file, is_good in zip(files, good) if is_good}

    def sign(self, pairs, domain, selector, key, forms):
        """Signs each file of `pairs` into the other; `forms` is header and body form."""
        for source, target in pairs:
            message = read(source)
            made = dkim.sign(message, selector.encode(), domain.encode(), key,
                             canonicalize=tuple(form.encode() for form in forms))
            write(target, made + message)


class OpenDkim(Peer):
    """Its test mode reads lines as files on Unix have them. `opendkim-testmsg` signs with rsa-sha1
    alone, which nobody may accept any more, so it does not sign here."""
    name = "OpenDKIM"

    def __init__(self, scenario, records):
        self._program = need("opendkim")
        keys = scenario.write("opendkim.keys", "".join(f"{n} {v}\n" for n, v in records.items()))
        self._settings = scenario.write("opendkim.conf",
                                        f"Mode v\nSyslog no\nTestPublicKeys {keys}\n")
        self._folder = scenario.folder("opendkim")

    def judges(self, form, message):
        """Header fields reach its test mode without the white space behind the colon."""
        return not form.startswith("simple/")

    def accepts(self, files, signatures=1):
        by_copy = {}
        for file in files:
            copy = os.path.join(self._folder, os.path.basename(file))
            write(copy, read(file).replace(b"\r\n", b"\n"))
            by_copy[copy] = file
        copies, accepted = list(by_copy), set()
        for start in range(0, len(copies), 20):
            done = run_program([self._program, "-x", self._settings, "-v", "-t",
                                ",".join(copies[start:start + 20])], timeout=300)
            text = (done.stdout + done.stderr).decode("utf-8", "replace")
            accepted |= set(re.findall(r"opendkim: (\S+): verification .* succeeded", text))
        return {by_copy[copy] for copy in accepted}


class Rspamd(Peer):
    name = "rspamd"

    def __init__(self, scenario, records):
        program = need("rspamd")
        self._port = scenario.free_port()
        fake = "".join(f'{{ name = "{n}"; type = "txt"; replies = ["{v}"]; }},\n'
                       for n, v in records.items())
        suffixes = scenario.write("suffixes.dat", "com\nnet\norg\ntest\n")
        settings = scenario.write("rspamd.conf", f"""
options {{
  filters = "dkim"; url_tld = "{suffixes}"; pidfile = "{scenario.path('rspamd.pid')}";
  tempdir = "{scenario.directory}"; hs_cache_dir = "{scenario.folder('rspamd')}";
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 1s; fake_records = [{fake}] }}
}}
logging {{ type = "file"; level = "warning"; filename = "{scenario.path('rspamd.log')}"; }}
metric {{ name = "default"; actions {{ reject = 100500; }} unknown_weight = 1; }}
worker {{ type = "normal"; bind_socket = "127.0.0.1:{self._port}"; count = 1;
  task_timeout = 60s; }}
dkim {{ max_sigs = 10; dkim_cache_size = 100; }}
""")
        self._process = scenario.own(
            Process("rspamd", [program, "--no-fork", "--insecure", "-c", settings]))
        wait_until(self._is_up, 120, "rspamd to answer")

    def judges(self, form, message):
        """By policy it refuses a message that repeats a field which must stand once; and it takes a
        body of white space alone for an empty line, where RFC 6376 §3.4.4 and the others see none."""
        header, _, body = message.partition(b"\r\n\r\n")
        if not body.strip() and form.endswith("/relaxed"):
            return False
        header = header.lower().split(b"\r\n")
        names = [line.split(b":")[0] for line in header if line[:1] not in b" \t"]
        return all(names.count(name) < 2 for name in names if name in UNIQUE_FIELDS)

    def _ask(self, octets):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("POST", "/checkv2", octets)
        answer = connection.getresponse().read()
        connection.close()
        return json.loads(answer)

    def _is_up(self):
        try:
            return "symbols" in self._ask(b"From: a@example.com\r\n\r\nx\r\n")
        except OSError:
            return False

    def accepts(self, files, signatures=1):
        accepted = set()
        for file in files:
            symbols = self._ask(read(file)).get("symbols", {})
            allowed = symbols.get("R_DKIM_ALLOW", {}).get("options", [])
            bad = {"R_DKIM_REJECT", "R_DKIM_PERMFAIL", "R_DKIM_TEMPFAIL"} & set(symbols)
            if len(allowed) >= signatures and not bad:
                accepted.add(file)
        return accepted


class Mailauth(Peer):
    name = "mailauth"

    def __init__(self, scenario, records):
        self._node = need("node")
        self._records = records
        self._modules = os.path.join(PROJECT, "build", "peers", "mailauth", "node_modules")
        if not os.path.isdir(os.path.join(self._modules, "mailauth")):
            raise Skip("npm's mailauth is not installed: run script/setup")

    def _run(self, asked):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mailauth_dkim.js")
        done = run_program([self._node, script], stdin=json.dumps(asked).encode(), timeout=900,
                           environment={"NODE_PATH": self._modules})
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def accepts(self, files, signatures=1):
        accepted = set()
        for found in self._run({"dns": self._records, "verify": list(files)}):
            results = found["results"]
            if len(results) >= signatures and all(one["result"] == "pass" for one in results):
                accepted.add(found["file"])
        return accepted

    def sign(self, pairs, domain, selector, key, forms):
        is_rsa = b"RSA" in key or len(key) > 400
        for made in self._run({
                "sign": [{"file": source, "to": target} for source, target in pairs],
                "domain": domain, "selector": selector, "key": key.decode(),
                "algorithm": "rsa-sha256" if is_rsa else "ed25519-sha256",
                "canonicalization": "/".join(forms)}):
            assert "error" not in made, made
