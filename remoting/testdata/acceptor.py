"""WinRM's front door, kept by another implementation of Kerberos and NTLM.

Signs clients in with MIT's GSS-API library (for NTLM with the gss-ntlmssp plug-in),
opens what they seal, hands it to a WinRM server behind it and seals the answer: as
Windows does, and as strictly. The port it listens on is its first line of output,
every event one line on standard error.
"""
import argparse
import base64
import hashlib
import http.client
import http.server
import ssl
import struct
import sys

import gssapi
import gssapi.raw as raw

KRB5 = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")
NTLM = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
BOUNDARY = b"--Encrypted Boundary"
PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
SOAP = "application/soap+xml;charset=UTF-8"

p = argparse.ArgumentParser()
p.add_argument("--mech", choices=["kerberos", "ntlm"], required=True)
p.add_argument("--backend", required=True, help="host:port of a WinRM server with TLS and Basic")
p.add_argument("--ca", required=True, help="who signed its certificate")
p.add_argument("--user", required=True)
p.add_argument("--password", required=True)
p.add_argument("--cert", help="certificate and key in PEM: speak TLS")
p.add_argument("--bound", help="certificate that clients must be bound to, if not --cert")
p.add_argument("--lie", choices=["no-proof", "other-proof", "plain", "replay", "garble"])
args = p.parse_args()


def say(*what):
    print(*what, file=sys.stderr, flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = backend = last = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def deny(self, token=b""):
        self.close_connection = True
        self.answer(401, WWW_Authenticate="Negotiate " + base64.b64encode(token).decode() if token else "Negotiate", Connection="close")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if token:
            if body:
                say("BODY before signing in")
            if scheme != "Negotiate":
                say("SCHEME", scheme)
                return self.deny()
            return self.negotiate(base64.b64decode(token))
        if not self.context or not self.context.complete:
            say("ANONYMOUS request")
            return self.deny()
        if args.cert:
            status, kind, body = self.forward(body)
            return self.answer(status, body, Content_Type=kind)
        if not self.headers.get("Content-Type", "").startswith("multipart/encrypted"):
            say("PLAIN request")
            return self.deny()
        status, kind, body = self.forward(self.unseal(body))
        if args.lie == "plain":
            return self.answer(status, body, Content_Type=kind)
        sealed = self.seal(body)
        if args.lie == "replay" and self.last:
            sealed = self.last
        self.last = sealed
        if args.lie == "garble":
            sealed = sealed[:-30] + bytes([sealed[-30] ^ 1]) + sealed[-29:]
        self.answer(status, sealed, Content_Type='multipart/encrypted;protocol="%s";boundary="Encrypted Boundary"' % PROTOCOL)

    def negotiate(self, token):
        if self.context is None:
            self.context = gssapi.SecurityContext(creds=credentials, usage="accept", channel_bindings=binding)
        try:
            out = self.context.step(token) or b""
        except raw.misc.GSSError as e:
            say("REJECTED", str(e).replace("\n", " "))
            return self.deny(getattr(e, "token", None) or b"")
        if not self.context.complete:
            return self.answer(401, WWW_Authenticate="Negotiate " + base64.b64encode(out).decode())
        say("ACCEPTED", self.context.initiator_name, self.context.mech.dotted_form, "flags", int(self.context.actual_flags))
        if args.lie == "no-proof":
            return self.answer(200)
        if args.lie == "other-proof":
            out = out[:-1] + bytes([out[-1] ^ 1])
        headers = {"WWW_Authenticate": "Negotiate " + base64.b64encode(out).decode()} if out else {}
        self.answer(200, **headers)

    def forward(self, body):
        if self.backend is None:
            self.backend = http.client.HTTPSConnection(args.backend, context=ssl.create_default_context(cafile=args.ca))
        basic = base64.b64encode((args.user + ":" + args.password).encode()).decode()
        self.backend.request("POST", "/wsman", body, {"Content-Type": SOAP, "Authorization": "Basic " + basic})
        r = self.backend.getresponse()
        return r.status, r.getheader("Content-Type", SOAP), r.read()

    def finish(self):
        if self.backend:
            self.backend.close()
        super().finish()

    # NTLM has no gss_wrap_iov; its signature is the first 16 bytes of the token.
    # For Kerberos it is the header buffer, when no trailer is asked for.

    def seal(self, body):
        if args.mech == "ntlm":
            token = self.context.wrap(body, True).message
            signature, data = token[:16], token[16:]
        else:
            iov = raw.IOV(raw.IOVBufferType.header, body, raw.IOVBufferType.padding, std_layout=False)
            raw.wrap_iov(self.context, iov, confidential=True)
            signature, data = iov[0].value, iov[1].value + (iov[2].value or b"")
        return b"".join([
            BOUNDARY, b"\r\n\tContent-Type: ", PROTOCOL.encode(), b"\r\n\tOriginalContent: type=", SOAP.encode(), b";Length=%d\r\n" % len(body),
            BOUNDARY, b"\r\n\tContent-Type: application/octet-stream\r\n", struct.pack("<I", len(signature)), signature, data, BOUNDARY, b"--\r\n"])

    def unseal(self, body):
        _, head, rest = body.split(BOUNDARY + b"\r\n", 2)
        if ("\tContent-Type: " + PROTOCOL) not in head.decode():
            say("PROTOCOL", head)
        length = int(head.rpartition(b"Length=")[2])
        data = rest.partition(b"application/octet-stream\r\n")[2]
        data = data[:data.rindex(BOUNDARY + b"--")]
        size = struct.unpack("<I", data[:4])[0]
        signature, data = data[4:4 + size], data[4 + size:]
        if args.mech == "ntlm":
            r = self.context.unwrap(signature + data)
            plain, sealed = r.message, r.encrypted
        else:
            iov = raw.IOV((raw.IOVBufferType.header, False, signature), data, raw.IOVBufferType.data, std_layout=False)
            sealed = raw.unwrap_iov(self.context, iov).encrypted
            plain = iov[1].value
        if not sealed or len(plain) != length:
            say("UNSEALED", sealed, len(plain), length)
        return plain


gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False  # raise where it happens


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        e = sys.exc_info()[1]
        if not isinstance(e, (ConnectionError, ssl.SSLError)):  # clients may leave when they like
            say("ERROR", repr(e).replace("\n", " "))


def end_point(path):
    der = ssl.PEM_cert_to_DER_cert(open(path).read().partition("-----BEGIN PRIVATE KEY")[0])
    return raw.ChannelBindings(application_data=b"tls-server-end-point:" + hashlib.sha256(der).digest())


credentials = gssapi.Credentials(usage="accept", mechs=[KRB5, SPNEGO] if args.mech == "kerberos" else [NTLM])
binding = end_point(args.bound or args.cert) if args.cert else None
server = Server(("127.0.0.1", 0), Handler)
if args.cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
