# SPDX-License-Identifier: Apache-2.0
"""TLS as it is spoken to visitors: versions, ALPN, names, kinds of keys, tickets, what is refused, and renewal."""
import hashlib
import re
import shutil
import signal
import ssl
import subprocess

import pytest

from support import h1, h2c, net

V2, V3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def pairs(authority):
    return {"leaf": authority.issue("first", "a.test", "localhost"),
            "rsa": authority.issue("first-rsa", "a.test", kind="rsa"),
            "wild": authority.issue("wild", "*.w.test"),
            "exact": authority.issue("exact", "x.w.test")}


@pytest.fixture(scope="module")
def configuration(pairs):
    return {"workers": 2, "certificates": [{"certificate": str(pair.certificate), "key": str(pair.key)}
                                           for pair in pairs.values()]}


def print_of(pair):
    der = ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())
    return hashlib.sha256(der).hexdigest()


def shown(proxy, name, tls=None):
    with h1.Client(proxy.tls, tls or h1.context(), name=name) as client:
        return hashlib.sha256(client.sock.getpeercert(True)).hexdigest()


def s_client(proxy, *words, send=b"", seconds=15):
    words = ["openssl", "s_client", "-connect", "%s:%d" % proxy.tls, "-servername", "a.test", *map(str, words)]
    run = subprocess.run(words, input=send, capture_output=True, timeout=seconds, check=False)
    return (run.stdout + run.stderr).decode(errors="replace")


@pytest.mark.parametrize("version", [V2, V3], ids=["TLS 1.2", "TLS 1.3"])
def test_version(version, proxy, authority):
    with h1.Client(proxy.tls, h1.context(authority.certificate, least=version, most=version)) as client:
        assert client.get("/").status == 200
        assert client.sock.compression() is None
    with h2c.Session(proxy, tls=h1.context(alpn=["h2"], least=version, most=version)) as session:
        assert session.request().status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["TLS 1.0", "TLS 1.1"])
def test_old_versions_are_refused(version, proxy):
    old = h1.context(least=version, most=version)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        h1.Client(proxy.tls, old)


@pytest.mark.parametrize("offered, chosen", [(["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["h2"], "h2"),
                                             (["http/1.1"], "http/1.1"), ([], None),
                                             (["spdy/3", "http/1.1"], "http/1.1")])
def test_alpn(offered, chosen, proxy):
    with h1.Client(proxy.tls, h1.context(alpn=offered)) as client:
        assert client.sock.selected_alpn_protocol() == chosen
        if chosen != "h2":
            assert client.get("/").status == 200


def test_alpn_of_nothing_we_speak(proxy):
    """RFC 7301 §3.2: a fatal alert."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        h1.Client(proxy.tls, h1.context(alpn=["spdy/3"]))


@pytest.mark.parametrize("name, which", [
    ("a.test", "leaf"), ("A.Test", "leaf"), ("localhost", "leaf"), ("x.w.test", "exact"), ("y.w.test", "wild"),
    ("unknown.test", "leaf"), (None, "leaf")])
def test_certificate_by_name(name, which, proxy, pairs):
    assert shown(proxy, name) == print_of(pairs[which])


def test_ecdsa_and_rsa_for_one_name(proxy, pairs):
    for version in (V2, V3):
        assert shown(proxy, "a.test", h1.context(least=version, most=version)) == print_of(pairs["leaf"])
    old = h1.context(most=V2)
    old.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    assert shown(proxy, "a.test", old) == print_of(pairs["rsa"])
    for version in ("-tls1_2", "-tls1_3"):
        said = s_client(proxy, version, "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256")
        assert "Server public key is 2048 bit" in said, said


@pytest.mark.parametrize("version", [V2, V3], ids=["TLS 1.2", "TLS 1.3"])
def test_tickets_resume_on_each_worker(version, proxy):
    tls = h1.context(least=version, most=version)
    with h1.Client(proxy.tls, tls) as client:
        assert client.get("/").status == 200
        session, reused = client.sock.session, client.sock.session_reused
    assert session is not None and not reused
    before = proxy.metrics()['qorgan_tls_handshakes_total{kind="resumed"}']
    for _ in range(16):  # the kernel spreads them over the two workers
        with h1.Client(proxy.tls, tls, session=session) as client:
            assert client.sock.session_reused and client.get("/").status == 200
    assert proxy.metrics()['qorgan_tls_handshakes_total{kind="resumed"}'] == before + 16


def test_renegotiation_is_refused(proxy):
    asked = subprocess.Popen(["openssl", "s_client", "-connect", "%s:%d" % proxy.tls, "-tls1_2"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = b""
    while b"Verify return code" not in said:
        said += asked.stdout.readline()
    asked.stdin.write(b"R\n")
    asked.stdin.flush()
    rest = asked.communicate(timeout=15)[0].decode(errors="replace")
    assert "RENEGOTIATING" in rest and "depth=0" not in rest and "HTTP/1.1 200" not in rest, rest


def test_early_data_is_not_taken(proxy, tmp_path, origin):
    kept, early = tmp_path / "session.pem", tmp_path / "early.txt"
    early.write_bytes(b"GET /early HTTP/1.1\r\nHost: a.test\r\n\r\n")
    ask = b"GET /late HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
    said = s_client(proxy, "-tls1_3", "-sess_out", kept, "-ign_eof", send=ask)
    assert re.findall(r"Max Early Data: (\d+)", said) and set(re.findall(r"Max Early Data: (\d+)", said)) == {"0"}
    said = s_client(proxy, "-tls1_3", "-sess_in", kept, "-early_data", early, "-ign_eof", send=ask)
    assert "Early data was accepted" not in said and "Reused" in said, said
    assert origin.seen("/early") == []


def test_http_on_the_tls_port(proxy):
    with h1.Client(proxy.tls) as client:
        client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        said = client.rest()
        assert said == b"" or said.startswith(b"HTTP/1.1 400 ") or said[0] == 0x15


def test_tls_on_the_plain_port(proxy, origin):
    before = len(origin.requests)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        h1.Client(proxy.plain, h1.context())
    assert len(origin.requests) == before


@pytest.mark.parametrize("junk", [
    b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x16\x03\x01\0\0", b"\x15\x03\x01\0\2\2\x28", b"\0" * 100,
    b"\x80\x2e\x01\0\2" + b"x" * 44, b"\x16\x03\x01\0\x04\x01\xff\xff\xff"])
def test_junk_for_a_handshake(junk, proxy):
    with h1.Client(proxy.tls) as client:
        try:
            client.send(junk)
            client.sock.shutdown(1)
        except OSError:
            pass
        said = client.rest()
        assert said == b"" or said[0] == 0x15
    with proxy.client(tls=True) as client:
        assert client.get("/").status == 200


# Renewal.

def test_renewal_keeps_connections(start, authority):
    pair = authority.issue("renewed", "a.test")
    old = print_of(pair)
    proxy = start(certificates=[{"certificate": str(pair.certificate), "key": str(pair.key)}])
    with proxy.client(tls=True) as kept, h2c.Session(proxy) as kept_too:
        assert kept.get("/").status == 200 and kept_too.request(1).status == 200
        authority.replace(pair, authority.issue("renewal", "a.test"))
        assert shown(proxy, "a.test") == old, "nothing changes before SIGHUP"
        proxy.signal(signal.SIGHUP)
        net.wait_until(lambda: shown(proxy, "a.test") == print_of(pair), 10, "the new certificate")
        assert kept.get("/").status == 200 and kept_too.request(3).status == 200


def test_folder_of_certificates(start, authority, tmp_path):
    """NAME.pem beside NAME.key, and folders with fullchain.pem and privkey.pem; SIGHUP finds those that came."""
    folder = tmp_path / "certificates"
    first, second = authority.issue("one", "one.test"), authority.issue("two", "two.test")
    (folder / "two.test").mkdir(parents=True)
    for source, target in ((first.certificate, "one.pem"), (first.key, "one.key")):
        shutil.copy(source, folder / target)
    proxy = start(certificates=[{"directory": str(folder)}])
    assert shown(proxy, "one.test") == shown(proxy, "two.test") == print_of(first)
    for source, target in ((second.certificate, "fullchain.pem"), (second.key, "privkey.pem")):
        shutil.copy(source, folder / "two.test" / target)
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: shown(proxy, "two.test") == print_of(second), 10, "the certificate that came")
    assert shown(proxy, "one.test") == print_of(first)


def broken(pair):
    pair.certificate.write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")


def cut(pair):
    text = pair.certificate.read_text()
    pair.certificate.write_text(text[:len(text) // 2])


def gone(pair):
    pair.key.unlink()


def empty(pair):
    pair.certificate.write_text("")


@pytest.mark.parametrize("damage", [broken, cut, gone, empty, "other key"])
def test_broken_renewal_is_refused(damage, start, authority):
    pair = authority.issue("damaged", "a.test")
    old = print_of(pair)
    proxy = start(certificates=[{"certificate": str(pair.certificate), "key": str(pair.key)}])
    said = len(proxy.errors())
    if damage == "other key":
        pair.key.write_bytes(authority.issue("stranger", "a.test").key.read_bytes())
    else:
        damage(pair)
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: "damaged" in proxy.errors()[said:], 10, "word of the damaged certificate")
    assert shown(proxy, "a.test") == old
    with proxy.client(tls=True) as client:
        assert client.get("/").status == 200
    authority.replace(pair, authority.issue("mended", "a.test"))
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: shown(proxy, "a.test") == print_of(pair), 10, "the mended certificate")


def test_expiry_is_warned_of(start, authority):
    pair = authority.issue("ending", "a.test", days=2)
    proxy = start(certificates=[{"certificate": str(pair.certificate), "key": str(pair.key)}])
    net.wait_until(lambda: re.search(r"ending\.pem.* ends in 1 day", proxy.errors()), 10, proxy.errors)
    assert "ends in" not in start().errors()
