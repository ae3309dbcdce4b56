"""A certification authority for scenarios, and an HTTPS server with its certificates."""

import datetime
import gzip
import hashlib
import http.server
import json
import os
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Certificate:
    """Files with a certificate (its authority's behind it) and its key."""

    def __init__(self, scenario, name, made, key, issuer):
        self.key_file = scenario.path(f"{name}.key")
        self.file = scenario.path(f"{name}.crt")
        pem = serialization.Encoding.PEM
        with open(self.key_file, "wb") as file:
            file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        with open(self.file, "wb") as file:
            file.write(made.public_bytes(pem) + (issuer.public_bytes(pem) if issuer else b""))
        os.chmod(self.key_file, 0o644)  # peers read it as users of their own; it protects nothing
        self.der = made.public_bytes(serialization.Encoding.DER)
        self.public_key = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def tlsa(self, usage=3, selector=1):
        """The data of a TLSA record for it, with SHA-256."""
        octets = self.public_key if selector == 1 else self.der
        return f"{usage} {selector} 1 {hashlib.sha256(octets).hexdigest()}"


class Authority:
    """ca = Authority(scenario); leaf = ca.issue("mx.a.lab")"""

    def __init__(self, scenario, name="authority"):
        self._scenario = scenario
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._make(self._name, self._key.public_key(), 30).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
                self._key, hashes.SHA256())
        self.certificate = Certificate(scenario, name, self._certificate, self._key, None)
        self.file = self.certificate.file

    def _make(self, subject, key, days):
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
                .public_key(key).serial_number(x509.random_serial_number())
                .not_valid_before(now - 10 * DAY).not_valid_after(now + days * DAY))

    def issue(self, *names, days=5, file=None):
        """For these names; `days` below 0: it is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        made = self._make(subject, key.public_key(), days).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),
            critical=False).sign(self._key, hashes.SHA256())
        return Certificate(self._scenario, file or names[0], made, key, self._certificate)


class HttpsServer:
    """Answers by host name: `pages[host] = (status, content type, text)`; keeps what is posted.

    `certificates` maps names to certificates, by SNI.
    """

    def __init__(self, scenario, certificates):
        self.pages = {}
        self.asked = []
        self.posts = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"].split(":")[0]
                outer.asked.append(host)
                status, kind, text = outer.pages.get(host, (404, "text/plain", "nothing"))
                self._answer(status, kind, text.encode())

            def do_POST(self):
                octets = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posts.append((self.path, self.headers["Content-Type"], octets))
                self._answer(201, "text/plain", b"")

            def _answer(self, status, kind, octets):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_):
                pass

        contexts = {name: self._context(one) for name, one in certificates.items()}
        main = next(iter(contexts.values()))

        def choose(socket, name, _):
            if name in contexts:
                socket.context = contexts[name]

        main.sni_callback = choose
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = main.wrap_socket(self._server.socket, server_side=True,
                                               do_handshake_on_connect=False)
        self._server.handle_error = lambda *_: None  # clients that refuse our certificates
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        scenario.own(self)

    @staticmethod
    def _context(certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key_file)
        return context

    def reports(self):
        """The TLS reports that were posted, by their domain: lists of documents."""
        found = {}
        for path, kind, octets in list(self.posts):
            assert kind == "application/tlsrpt+gzip", kind
            found.setdefault(path.strip("/"), []).append(json.loads(gzip.decompress(octets)))
        return found

    def close(self):
        self._server.shutdown()
        self._server.server_close()
