"""A WinRM client on the C library libgssapi_krb5: SPNEGO around NTLM, sealed.

Arguments: host, port, file with the SOAP messages one per line. Prints each
answer's status and text. The account comes from NTLM_USER_FILE.
"""
import base64, ctypes, http.client, struct, sys

gss = ctypes.CDLL("libgssapi_krb5.so.2")


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]

    @classmethod
    def of(cls, data):
        keep = ctypes.create_string_buffer(data, len(data))
        b = cls(len(data), ctypes.cast(keep, ctypes.c_void_p))
        b.keep = keep
        return b

    def bytes(self):
        return ctypes.string_at(self.value, self.length) if self.length else b""


class OID(ctypes.Structure):
    _pack_ = 0
    _fields_ = [("length", ctypes.c_uint32), ("elements", ctypes.c_char_p)]


def check(what, major):
    if major & 0xFFFF0000:
        sys.exit("%s: %#x" % (what, major))
    return major


minor = ctypes.c_uint32()
spnego = OID(6, b"\x2b\x06\x01\x05\x05\x02")
hostbased = OID(10, b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04")
name, ctx = ctypes.c_void_p(), ctypes.c_void_p()
check("import name", gss.gss_import_name(ctypes.byref(minor), ctypes.byref(Buffer.of(b"HTTP@hv-01")), ctypes.byref(hostbased), ctypes.byref(name)))
conn = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
token, header = b"", {}
while True:
    out = Buffer()
    major = check("init", gss.gss_init_sec_context(
        ctypes.byref(minor), None, ctypes.byref(ctx), name, ctypes.byref(spnego),
        ctypes.c_uint32(2 | 4 | 8 | 16 | 32), ctypes.c_uint32(0), None, ctypes.byref(Buffer.of(token)),
        None, ctypes.byref(out), None, None))
    if out.length:
        conn.request("POST", "/wsman", b"", {"Authorization": "Negotiate " + base64.b64encode(out.bytes()).decode()})
        resp = conn.getresponse()
        resp.read()
        scheme, _, value = resp.getheader("WWW-Authenticate", "").partition(" ")
        token = base64.b64decode(value)
    if not major & 1:
        break

EDGE = b"--Encrypted Boundary"
for message in open(sys.argv[3], "rb").read().splitlines():
    wrapped = Buffer()
    check("wrap", gss.gss_wrap(ctypes.byref(minor), ctx, 1, 0, ctypes.byref(Buffer.of(message)), None, ctypes.byref(wrapped)))
    body = (EDGE + b"\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(message) +
            EDGE + b"\r\n\tContent-Type: application/octet-stream\r\n" + struct.pack("<I", 16) + wrapped.bytes() + EDGE + b"--\r\n")
    conn.request("POST", "/wsman", body, {"Content-Type": 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'})
    resp = conn.getresponse()
    answer = resp.read()
    if resp.status in (200, 500):
        payload = answer.split(b"octet-stream\r\n", 1)[1][4:-len(EDGE + b"--\r\n")]
        plain = Buffer()
        check("unwrap", gss.gss_unwrap(ctypes.byref(minor), ctx, ctypes.byref(Buffer.of(payload)), ctypes.byref(plain), None, None))
        answer = plain.bytes()
    print(resp.status, answer.decode())
