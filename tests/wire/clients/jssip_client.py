#!/usr/bin/env python3
"""Drives JsSIP in headless Chromium (package chromium): a SIP user agent as a web page has one, over WebSocket.

    jssip_client.py --url ws://127.0.0.1:8088 --user bob --password secret --domain sip.test

Commands: im WHO TEXT, buddy WHO, unbuddy WHO, away TEXT, back, leave (the browser dies at once), quit.
WHO is a user of the same domain, or user@domain, or a sip: URI.  The page (../js/page.html) comes from a small server in
here, asks it what to do and tells it what happens.
"""
import argparse
import html
import http.server
import json
import os
import queue
import subprocess
import sys
import threading

from clientlib import Child, Loop, TempDir, emit, need, two

JS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "js")
FILES = {"/": ("page.html", "text/html; charset=utf-8"), "/jssip.js": ("jssip-3.13.8.min.js", "text/javascript")}
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions --mute-audio "
         "--no-default-browser-check --disable-features=LocalNetworkAccessChecks").split()


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/next":
            try:
                got = self.server.commands.get(timeout=5)
            except queue.Empty:
                got = None
            self.answer(json.dumps(got).encode(), "application/json")
        elif self.path in FILES:
            name, kind = FILES[self.path]
            with open(os.path.join(JS, name), "rb") as f:
                self.answer(f.read(), kind)
        else:
            self.send_error(404)

    def do_POST(self):
        got = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told(got)
        self.answer(b"{}", "application/json")


class Browser:
    def __init__(self, args):
        self.args = args
        self.dir = TempDir("jssip-", args.dir)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.server.daemon_threads = True
        self.server.commands, self.server.told = queue.Queue(), self.told
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.stopped = threading.Event()
        self.loop = Loop(self)
        self.child = None

    def told(self, got):
        event = got.pop("event")
        if event == "stopped":
            self.stopped.set()
        emit(event, **got)

    def tell(self, command, **fields):
        self.server.commands.put({"command": command, **fields})

    def start(self):
        a = self.args
        self.tell("start", url=a.url, user=a.user, password=a.password, domain=a.domain, debug=bool(a.log))
        flags = list(FLAGS) + [f"--user-data-dir={self.dir.file('profile')}"]
        if a.any_certificate:
            flags.append("--ignore-certificate-errors")
        if a.log:
            flags += ["--enable-logging=stderr", "--v=0"]
        log = open(a.log, "ab") if a.log else subprocess.DEVNULL
        env = {**os.environ, "HOME": self.dir.path, "XDG_CONFIG_HOME": self.dir.path, "XDG_CACHE_HOME": self.dir.path,
               "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
        page = f"http://{a.page_host}:{self.server.server_address[1]}/"
        self.child = Child([need("chromium", "chromium"), *flags, page], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        self.loop.every(0.5, self.look)

    def look(self):
        if self.child.poll() is not None and self.loop.running:
            emit("error", text=f"chromium ended with {self.child.poll()}")
            self.loop.stop(1)

    def cmd_im(self, rest):
        who, text = two(rest)
        self.tell("im", who=who, text=text)

    def cmd_buddy(self, rest):
        self.tell("buddy", who=rest)

    def cmd_unbuddy(self, rest):
        self.tell("unbuddy", who=rest)

    def pidf(self, activity, note):
        ns = ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"'
        person = f'<dm:person id="p1"><r:activities><r:{activity}/></r:activities></dm:person>' if activity else ""
        text = f"<note>{html.escape(note)}</note>" if note else ""
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf"{ns} '
                f'entity="pres:{self.args.user}@{self.args.domain}"><tuple id="t1"><status><basic>open</basic></status>'
                f"<contact>sip:{self.args.user}@{self.args.domain}</contact>{text}</tuple>{person}</presence>")

    def cmd_away(self, rest):
        self.tell("publish", body=self.pidf("away", rest), expires=600)

    def cmd_back(self, rest):
        self.tell("publish", body=self.pidf(None, rest), expires=600)

    def cmd_leave(self, _rest):
        self.child.proc.kill()
        self.stopped.set()
        self.loop.stop(0)

    def run(self):
        code = 1
        try:
            self.start()
            code = self.loop.run()
            if self.child.poll() is None and not self.stopped.is_set():
                self.tell("stop")
                self.stopped.wait(5)
            emit("ended")
        finally:
            if self.child:
                self.child.stop()
            self.dir.remove()
        return code


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True, help="ws://HOST:PORT or wss://HOST:PORT")
    p.add_argument("--domain", required=True)
    p.add_argument("--user", required=True)
    p.add_argument("--password", default="")
    p.add_argument("--page-host", default="127.0.0.1", help="the host of the page's origin: 127.0.0.1 or localhost")
    p.add_argument("--any-certificate", action="store_true", help="believe any certificate of the server")
    p.add_argument("--log", metavar="FILE", help="keep what Chromium and JsSIP say there")
    p.add_argument("--dir", help="work here and keep it (default: a temporary folder, removed)")
    return p


if __name__ == "__main__":
    sys.exit(Browser(parser().parse_args()).run())
