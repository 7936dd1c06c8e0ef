"""Nearly all files that the system lets the gateway open are in use: new callers are let go, the operator hears why and still
reaches it, and who is there notices nothing."""
import os
import socket
import stat

from test_links import until
from test_robust import metric


def test_callers_are_let_go_and_the_operator_is_not(gateway, aim, ua, closing):
    gw = gateway(["alice", "bob"], start=False)
    wrapper, real = os.path.join(gw.dir, "few-files"), gw.program
    with open(wrapper, "w", encoding="utf-8") as f:
        f.write(f'#!/bin/sh\nulimit -n 200\nexec {real} "$@"\n')
    os.chmod(wrapper, stat.S_IRWXU)
    gw.program = wrapper
    gw.start()
    gw.program = real
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(100) for port in (gw.oscar_port, gw.sip_port)]
    closing.extend(crowd)
    until(lambda: metric(gw, "callers_let_go_total") >= 40)
    assert gw.ok("status", "--json").json["state"] == "running"
    text = gw.text()
    bob.message("sip:alice@aim.test", text)
    alice.wait("im", who="bob", text=text)
    assert gw.log().count("callers are let go: nearly all files that may be open are") == 1
    for s in crowd:
        s.close()
    until(lambda: gw.ok("status", "--json").json["sip_connections"] <= 2)
    alice2 = aim(gw, "alice")
    alice2.im("bob", gw.text(), ack=True)
