"""Sign-on over HTTPS: clientLogin, and the SNAC of AIM 6.2 and later, by clients written from the reference."""
import socket
import ssl
import time
import urllib.parse

import pytest

from clientlib import free_port
from gateway import DOMAIN
from oscar_session import Session
from oscar_wire import Reader, Violation, u16
from weblogin import (API_HOST, LOGIN_HOST, KerberosSession, Refused, Web, WebSession, clientlogin, kerberos,
                      kerberos_request, log_in, quote, read, session_url)


@pytest.fixture
def web_gateway(secure, pki):
    """A gateway with oscar.web (gw.web) and oscar.web_plain (gw.plain)."""
    def make(users=("alice", "bob"), oscar=None, **more):
        ports = free_port(), free_port()
        config = {"oscar": {"web": f"127.0.0.1:{ports[0]}", "web_plain": f"127.0.0.1:{ports[1]}", **(oscar or {})}}
        gw = secure(list(users), config=config, **more)
        gw.web, gw.plain = Web(ports[0], pki.client()), Web(ports[1])
        return gw
    return make


def refused(what, *args, **more):
    with pytest.raises(Refused) as caught:
        what(*args, **more)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("over", ["tls", "plain"])
def test_signs_on_and_writes(web_gateway, aim, closing, pki, form, over):
    """Both ways of BOS: under TLS where useTLS=1 was asked, in the clear else. Messages and presence both ways."""
    gw = web_gateway()
    alice = WebSession(gw.web, "Alice", gw.password("alice"), bos_tls=pki.client() if over == "tls" else None, form=form)
    closing.append(alice)
    alice.sign_on()
    assert alice.told["port"] == (gw.aims_port if over == "tls" else gw.oscar_port)
    assert alice.told.get("tlsCertName") == (DOMAIN if over == "tls" else None)
    bob = aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice", away=False)
    text = gw.text()
    bob.im("alice", text, ack=True)
    alice.wait("im", who="bob", text=text)
    text = gw.text()
    alice.im("bob", text, ack=True)
    bob.wait("im", who="alice", text=text)
    row = gw.ok("session", "list", "--json").json
    assert any("Purple/2.12.1" in str(s) for s in row), row


def test_behind_a_web_server_that_does_tls(web_gateway, aim, closing):
    """In the clear to us; the client has signed https, and is told where it reaches us, with TLS and without."""
    gw = web_gateway(oscar={"advertise": "127.0.0.1:15190", "advertise_tls": "chat.example.org:15193"})
    got = clientlogin(gw.plain, "alice", gw.password("alice"), tls=1)
    assert (got["host"], got["port"], got["tlsCertName"]) == ("chat.example.org", 15193, DOMAIN)
    got = clientlogin(gw.plain, "alice", gw.password("alice"), tls=0)
    assert (got["host"], got["port"], got.get("tlsCertName")) == ("127.0.0.1", 15190, None)
    got = clientlogin(gw.plain, "alice", gw.password("alice"), tls=0, scheme="http", host=f"{API_HOST}:8080")
    assert got["port"] == 15190


def test_sessions_live_side_by_side_as_the_client_wishes(web_gateway, closing):
    gw = web_gateway()
    first, second, alone = (WebSession(gw.web, "alice", gw.password("alice"), multi=m) for m in (1, 1, 3))
    closing.extend([first, second, alone])
    first.sign_on()
    second.sign_on()
    assert len(gw.ok("session", "list", "--json").json) == 2
    alone.sign_on()
    first.wait("sign-off")
    second.wait("sign-off")


def test_wrong_passwords_and_unknown_names_are_answered_alike(web_gateway):
    gw = web_gateway()
    answers = set()
    for name, password in (("alice", "wrong"), ("nobody", "wrong"), ("no name at all!", "x"), ("alice", gw.password("bob"))):
        body = f"devId=k&f=xml&pwd={quote(password)}&s={quote(name)}".encode()
        answers.add(gw.web.post("/auth/clientLogin", body).body)
    assert len(answers) == 1, answers
    assert refused(log_in, gw.web, "alice", "wrong") == (330, 3011)
    assert "why=wrong name or password" in gw.log().replace('"', "") and "wrong&" not in gw.log()


def test_who_guesses_has_to_wait(web_gateway, closing):
    """One count for all ways to sign on."""
    gw = web_gateway(oscar={"rate_limits": True})
    for _ in range(8):
        assert refused(log_in, gw.web, "alice", "wrong") == (330, 3011)
    assert refused(log_in, gw.web, "alice", gw.password("alice")) == (607, None)
    late = Session(gw.oscar_port, "alice", gw.password("alice"))
    closing.append(late)
    with pytest.raises(Exception) as caught:
        late.sign_on()
    assert getattr(caught.value, "code", None) == 0x18, caught.value
    log_in(gw.web, "bob", gw.password("bob"))


def test_what_is_signed_wrongly_gets_nothing(web_gateway):
    gw = web_gateway()
    data, key = log_in(gw.web, "alice", gw.password("alice"))
    good = session_url(data, key)
    other, other_key = log_in(gw.web, "bob", gw.password("bob"))
    now = int(data["hostTime"])
    for what, url in {
            "another key": session_url(data, other_key),
            "another's token": session_url({**data, "a": other["a"]}, key),
            "an invented token": session_url({**data, "a": "a" * 40}, key),
            "a field changed": good.replace("useTLS=1", "useTLS=0"),
            "a field more": good.replace("&k=", "&j=1&k="),
            "of yesterday": session_url(data, key, at=now - 301),
            "of tomorrow": session_url(data, key, at=now + 310),
            "for another host": good.replace(API_HOST, "api.example.org"),
            "for another path": session_url(data, key).replace("sig_sha256=", "sig_sha256=" + "A" * 43 + "%3D&was="),
    }.items():
        assert refused(read, gw.web.get(url)) == (401, 1014), what
    assert refused(read, gw.web.get(good.replace("sig_sha256=", "sig_sha256=A"))) == (462, None)
    assert refused(read, gw.web.get(good.partition("&sig")[0])) == (460, None)
    read(gw.web.get(good))
    assert refused(read, gw.web.get(good)) == (401, 1014), "the same once more"
    read(gw.web.get(session_url(data, key, at=now + 1)))


def test_the_order_and_the_writing_of_the_fields(web_gateway):
    """They are signed in the order of their names, whatever order they come in; the signature may be encoded or not."""
    gw = web_gateway()
    data, key = log_in(gw.web, "alice", gw.password("alice"))
    head, _, query = session_url(data, key).partition("?")
    fields = query.split("&")
    read(gw.web.get(head + "?" + "&".join(reversed(fields))))
    data, key = log_in(gw.web, "alice", gw.password("alice"))
    head, _, signature = session_url(data, key).partition("&sig_sha256=")
    read(gw.web.get(f"{head}&sig_sha256={urllib.parse.quote(signature, safe='')}"))


def test_the_password_of_now_counts(web_gateway):
    gw = web_gateway()
    data, key = log_in(gw.web, "alice", gw.password("alice"))
    gw.ok("user", "passwd", "alice", stdin="another one\n")
    assert refused(read, gw.web.get(session_url(data, key))) == (401, 1014)
    data, key = log_in(gw.web, "alice", "another one")
    gw.ok("user", "del", "alice")
    assert refused(read, gw.web.get(session_url(data, key))) == (401, 1014)


def test_passwords_that_clients_cut_or_write_otherwise(web_gateway):
    gw = web_gateway()
    password = "p\u00e4ss+w0rd&= %41 longer"
    gw.ok("user", "add", "carol", stdin=password + "\n")
    for typed in (password, password[:16]):
        assert clientlogin(gw.web, "carol", typed)["port"]
    assert refused(log_in, gw.web, "carol", password[:15]) == (330, 3011)


def test_a_cookie_is_good_once(web_gateway, closing):
    gw = web_gateway()
    got = clientlogin(gw.web, "alice", gw.password("alice"), tls=0)
    first, second = (Session(gw.oscar_port, "alice", "none") for _ in range(2))
    closing.extend([first, second])
    first.connect(("127.0.0.1", gw.oscar_port), got["cookie"])
    with pytest.raises((Violation, AssertionError)):
        second.connect(("127.0.0.1", gw.oscar_port), got["cookie"])


# ---- AIM 6.2 and later ----

@pytest.mark.parametrize("over", ["tls", "plain"])
@pytest.mark.parametrize("more", [{}, {"version": 3}, {"app": "ma15d7JTxbmVG-RP"}], ids=["roasted", "clear", "with a key"])
def test_aim6_signs_on_and_writes(secure, gateway, aim, closing, pki, over, more):
    """Under TLS where the gateway has that; else it is told to come without."""
    port = free_port()
    oscar = {"web_plain": f"127.0.0.1:{port}"}
    gw = (secure if over == "tls" else gateway)(["alice", "bob"], config={"oscar": oscar})
    alice = KerberosSession(Web(port), "Alice", gw.password("alice"), bos_tls=pki.client(), **more)
    closing.append(alice)
    alice.sign_on()
    assert alice.told.get("tlsCertName") == (DOMAIN if over == "tls" else None)
    assert alice.told["port"] == (gw.aims_port if over == "tls" else gw.oscar_port)
    bob = aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice", away=False)
    for one, other in ((alice, bob), (bob, alice)):
        text = gw.text()
        one.im(other.name, text, ack=True)
        other.wait("im", who=one.name.lower(), text=text)


def test_aim6_is_refused_in_words(web_gateway):
    """The same for a wrong password and an unknown name, in the SNAC that the client knows; guessing counts as elsewhere."""
    gw = web_gateway(oscar={"rate_limits": True})
    for name, password in (("alice", "wrong"), ("nobody", "wrong"), ("?", "x"), ("alice", "")):
        with pytest.raises(Refused) as caught:
            kerberos(gw.web, name, password)
        assert (caught.value.code, caught.value.detail) == (4, 0x0401) and "password is wrong" in caught.value.text
    assert refused(kerberos, gw.web, "alice", "wrong", app="k") == (5, 0x0401)
    for _ in range(5):
        refused(kerberos, gw.web, "alice", "wrong")
    with pytest.raises(Refused) as caught:
        kerberos(gw.web, "alice", gw.password("alice"))
    assert "Wait a minute" in caught.value.text
    assert refused(log_in, gw.web, "alice", gw.password("alice")) == (607, None)


def test_aim6_where_another_program_does_tls(web_gateway):
    gw = web_gateway(oscar={"advertise": "127.0.0.1:15190", "advertise_tls": "chat.example.org:15193"})
    got = kerberos(gw.plain, "alice", gw.password("alice"))
    assert (got["host"], got["port"], got["tlsCertName"]) == ("chat.example.org", 15193, DOMAIN)


def test_a_service_of_who_came_by_another_programs_tls(gateway, closing):
    """Such a client comes in the clear to us; it is sent on to where TLS is done for it."""
    port = free_port()
    gw = gateway(["alice"], config={"oscar": {"web_plain": f"127.0.0.1:{port}", "advertise_tls": "chat.example.org:443"}})
    got = kerberos(Web(port), "alice", gw.password("alice"))
    alice = Session(gw.oscar_port, "alice", "none")
    closing.append(alice)
    alice.bos = alice.connect(("127.0.0.1", gw.oscar_port), got["cookie"])
    since = alice.mark()
    alice.bos.send_snac(1, 4, u16(0x10))
    answer = alice.wait("snac", since=since, snac="01/05")
    told = Reader(answer["body"], "01/05").tlvs()
    assert told.want(5) == b"chat.example.org:443" and told.want(0x8D) == DOMAIN.encode()


@pytest.mark.parametrize("body, kind, status", [
    (kerberos_request("alice", "x"), "text/plain", 415),
    (kerberos_request("alice", "x"), "application/x-www-form-urlencoded", 415),
    (kerberos_request("alice", "x")[:-40], "application/x-snac", 400),
    (kerberos_request("alice", "x", service="aim/tgs"), "application/x-snac", 400),
    (kerberos_request("", "x"), "application/x-snac", 400),
    (b"", "application/x-snac", 400),
    (b"\0" * 8000, "application/x-snac", 400),
], ids=range(7))
def test_what_is_no_request_of_aim6(shared_web, body, kind, status):
    assert shared_web.post("/", body, kind=kind).status == status


@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"GET /auth/clientLogin HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    (b"POST /auth/clientLogin HTTP/1.1\r\nHost: x\r\n\r\n", 411),
    (b"POST /auth/clientLogin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (b"POST /auth/clientLogin HTTP/1.1\r\nHost: x\r\nContent-Length: 8193\r\n\r\n", 413),
    (b"GET http://x/aim/startOSCARSession HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    (b"\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n", 400),
    (b"nothing like it\r\n\r\n", 400),
], ids=range(12))
def test_bad_requests(shared_web, request_, status):
    for pieces in (None, 1 if len(request_) < 300 else 1000):
        answer = shared_web.send(request_, pieces=pieces)
        assert answer.status == status, answer.raw


@pytest.fixture(scope="module")
def shared_web(shared_gateway):
    port = free_port()
    gw = shared_gateway(["alice"], config={"oscar": {"web_plain": f"127.0.0.1:{port}"}})
    web = Web(port)
    web.gw = gw
    return web


@pytest.mark.parametrize("fields, code", [
    ("", 460), ("s=alice", 460), ("pwd=x", 460), ("s=&pwd=x", 460), ("s=alice&pwd=", 460), ("s=alice&pwd=%", 462),
    ("s=alice&pwd=%zz", 462), ("s=alice%00&pwd=x", 462), ("s=alice&pwd=x&f=amf3", 462), ("&&&=&s=alice&pwd=x", 330),
    ("s=alice&pwd=" + "x" * 7000, 330), ("x=1&" * 70 + "s=alice&pwd=x", 460),
], ids=range(12))
def test_bad_fields(shared_web, fields, code):
    assert refused(read, shared_web.post("/auth/clientLogin", fields.encode()))[0] == code
    assert shared_web.gw.alive()


def test_one_octet_at_a_time(shared_web):
    gw = shared_web.gw
    body = f"devId=k&f=json&pwd={quote(gw.password('alice'))}&s=alice".encode()
    assert read(shared_web.post("/auth/clientLogin", body, pieces=1), "json")["hostTime"] - time.time() < 5


def test_who_says_nothing_is_let_go(shared_web):
    sock = shared_web.connect()
    sock.sendall(b"POST /auth/clientLogin HTTP/1.0\r\n")
    sock.settimeout(14)
    began = time.monotonic()
    assert sock.recv(10) == b""
    assert 8 < time.monotonic() - began < 13
    sock.close()


def test_too_many_connections(shared_web):
    """Those beyond the bound are closed at once, and there is room again when one goes."""
    socks = [shared_web.connect() for _ in range(520)]
    time.sleep(0.5)
    gone = 0
    for sock in socks:
        sock.setblocking(False)
        try:
            gone += sock.recv(1) == b""
        except (BlockingIOError, ConnectionResetError) as err:
            gone += isinstance(err, ConnectionResetError)
    for sock in socks:
        sock.close()
    assert gone == 8, gone
    end = time.monotonic() + 10
    while shared_web.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").status != 404:
        assert time.monotonic() < end, "there is no room again"
        time.sleep(0.1)


def test_a_client_that_trusts_only_names(web_gateway, pki, own):
    """oscar.web shows tls.certificate: who checks the name finds one of those in it."""
    gw = web_gateway()
    context = pki.client()
    context.check_hostname = True
    with pytest.raises(ssl.SSLCertVerificationError):
        Web(gw.web.port, context).connect(LOGIN_HOST)
    with Web(gw.web.port, context).connect(DOMAIN) as sock:
        assert sock.version() in ("TLSv1.2", "TLSv1.3")


def test_without_tls_no_session_for_who_wants_none(gateway, own):
    """Only oscar.listen_tls: who does not ask for TLS is told that it is needed."""
    port, aims = free_port(), free_port()
    gw = gateway(["alice"], config={"tls": own, "oscar": {"listen": [], "listen_tls": f"127.0.0.1:{aims}",
                                                         "web_plain": f"127.0.0.1:{port}"}})
    assert clientlogin(Web(port), "alice", gw.password("alice"), tls=1)["port"] == aims
    assert refused(clientlogin, Web(port), "alice", gw.password("alice"), tls=0) == (462, None)


def test_stopping_does_not_wait_for_it(web_gateway):
    gw = web_gateway()
    with gw.plain.connect() as sock:
        sock.sendall(b"GET /")
        began = time.monotonic()
        gw.stop()
        assert time.monotonic() - began < 4
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", gw.plain.port), timeout=1)
