#!/usr/bin/env python3
"""Drives baresip (package baresip-core) as a headless SIP/SIMPLE client with one contact.

    baresip_client.py --server 127.0.0.1 --port 5070 --user bob --password secret --domain sip.test --contact alice@sip.test

Commands: im TEXT (to the contact), offline, online, quit. What its console shows becomes events; who is there it
tells only when asked, so it is asked twice a second.
"""
import argparse
import os
import re
import subprocess
import sys

from clientlib import Child, Lines, Loop, TempDir, emit, free_port, need

CONFIG = """sip_listen {bind}:{listen}
net_interface {bind}
module_path {modules}
module stdio.so
module account.so
module uuid.so
module contact.so
module menu.so
module presence.so
"""
MODULES = "/usr/lib/baresip/modules"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
MESSAGE = re.compile(r'^(sip:\S+): "(.*)"$')
CONTACT = re.compile(r"^>?\s*(Online|Offline|Busy|Unknown)\s+.*<sip:([^>;]+)")


class Baresip:
    def __init__(self, args):
        self.args = args
        self.dir = TempDir("baresip-")
        self.loop = Loop(self)
        self.state = None

    def start(self):
        a = self.args
        self.dir.file("config", CONFIG.format(bind=a.bind, listen=free_port(), modules=MODULES))
        self.dir.file("accounts", f"<sip:{a.user}@{a.domain}>;auth_pass={a.password}"
                                  f";outbound=\"sip:{a.server}:{a.port};transport={a.transport}\""
                                  f";regint={a.expires};pubint={a.expires}\n")
        self.dir.file("contacts", f"\"Friend\" <sip:{a.contact}>;presence=p2p\n")
        env = dict(os.environ, HOME=self.dir.path)
        self.child = Child([need("baresip", "baresip-core"), "-f", self.dir.path], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        Lines(self.loop, self.child.proc.stdout.fileno(), self.on_line)

    def type(self, line):
        self.child.proc.stdin.write(f"/{line}\n".encode())
        self.child.proc.stdin.flush()

    def on_line(self, line):
        if line is None:
            emit("ended")
            self.loop.stop(1)
            return
        line = COLOURS.sub("", line).split("\r")[-1].strip()
        message, contact = MESSAGE.match(line), CONTACT.match(line)
        if "registered successfully" in line:
            emit("signed-on")
            self.loop.every(0.5, lambda: self.type("contacts"))
        elif "reg:" in line or "unauthorized" in line.lower():
            emit("error", text=line)
        elif message:
            emit("im", **{"from": message[1][4:]}, text=message[2])
        elif contact and contact[1].lower() != self.state:
            self.state = contact[1].lower()
            emit("presence", who=contact[2], state=self.state)

    def cmd_im(self, text):
        self.type(f"message {text}")

    def cmd_offline(self, _):
        self.type("presence_offline")

    def cmd_online(self, _):
        self.type("presence_online")

    def end(self):
        try:
            self.type("quit")
            self.child.proc.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            pass
        self.child.stop()
        self.dir.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("user", "password", "domain", "contact"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--server", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--transport", default="udp", choices=("udp", "tcp"))
    parser.add_argument("--expires", type=int, default=600)
    client = Baresip(parser.parse_args())
    client.start()
    try:
        return client.loop.run()
    finally:
        client.end()


if __name__ == "__main__":
    sys.exit(main())
