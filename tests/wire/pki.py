"""Certificates for tests, made with the openssl command; and TLS sockets that a thread may read while another writes."""
import os
import select
import ssl
import subprocess
import threading

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Pki:
    """A folder with a CA (ca.pem); issue() gives the paths of a certificate and its key."""

    def __init__(self, folder, name="Test CA"):
        self.dir = str(folder)
        os.makedirs(self.dir, exist_ok=True)
        self.ca = self.path("ca.pem")
        self._openssl("req", "-x509", *EC, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", f"/CN={name}")

    def path(self, name):
        return os.path.join(self.dir, name)

    def _openssl(self, *args):
        done = subprocess.run(["openssl", *args], cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, f"openssl {' '.join(args)}: {done.stderr}"

    def issue(self, name, san=None, cn=None, use="serverAuth,clientAuth", days=365, self_signed=False, file=None):
        """`san` as openssl writes it ("DNS:a.test,URI:sip:a.test"); None: the DNS name `name`; "": none at all."""
        file = file or name.replace("*", "any")
        cert, key = f"{file}.pem", f"{file}.key"
        rows = [] if san == "" else [f"subjectAltName={san or 'DNS:' + name}"]
        rows += [f"extendedKeyUsage={use}"] if use else []
        with open(self.path(f"{file}.ext"), "w", encoding="ascii") as f:
            f.write("\n".join(rows) + "\n")
        self._openssl("req", "-new", *EC, "-keyout", key, "-out", f"{file}.csr", "-subj", f"/CN={cn or name}")
        by = ["-signkey", key] if self_signed else ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        self._openssl("x509", "-req", "-in", f"{file}.csr", *by, "-out", cert, "-days", str(days), "-extfile", f"{file}.ext")
        return self.path(cert), self.path(key)

    def revoke(self, *certs, seconds=86400, file="crl.pem"):
        """Gives the path of a list that says that these are revoked; it is good for so long."""
        index, conf = self.path(file + ".index"), self.path(file + ".conf")
        open(index, "w", encoding="ascii").close()
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ndefault_md=sha256\n")
        for cert in certs:
            self._openssl("ca", "-config", conf, "-keyfile", "ca.key", "-cert", "ca.pem", "-revoke", cert)
        self._openssl("ca", "-config", conf, "-keyfile", "ca.key", "-cert", "ca.pem", "-gencrl", "-crlsec", str(seconds), "-out", file)
        return self.path(file)

    def files(self, name, **more):
        """The tls: section of a configuration."""
        cert, key = self.issue(name, **more)
        return {"certificate": cert, "key": key, "ca": self.ca}

    def client(self, pair=None, verify=True):
        """A context that calls; `pair` is what issue() gave."""
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname = False
        if verify:
            ctx.load_verify_locations(self.ca)
        else:
            ctx.verify_mode = ssl.CERT_NONE
        if pair:
            ctx.load_cert_chain(*pair)
        return ctx

    def server(self, pair, ask=True):
        """A context that is called, and asks for a certificate."""
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(*pair)
        if ask:
            ctx.load_verify_locations(self.ca)
            ctx.verify_mode = ssl.CERT_REQUIRED
        return ctx


class Secure:
    """A TLS socket as select() and two threads need it: recv() gives b"" at the end and None where there is nothing yet."""

    def __init__(self, sock, context, server_side=False, name=None):
        self.lock = threading.Lock()
        self.peer = sock.getpeername()
        sock.settimeout(5)
        self.sock = context.wrap_socket(sock, server_side=server_side, server_hostname=name)

    def fileno(self):
        return self.sock.fileno()

    def getpeername(self):
        return self.peer

    def getsockname(self):
        return self.sock.getsockname()

    def settimeout(self, seconds):
        pass

    def recv(self, n):
        with self.lock:
            self.sock.settimeout(0)
            try:
                data = self.sock.recv(n)
                while data and self.sock.pending():
                    data += self.sock.recv(n)
                return data
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return None
            except ssl.SSLEOFError:
                return b""

    def read(self, n):
        """At most n octets, once there are some."""
        while True:
            with self.lock:
                self.sock.settimeout(0)
                try:
                    return self.sock.recv(n)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                except (ssl.SSLEOFError, ValueError):
                    return b""
            select.select([self.sock], [], [], 0.5)

    def shutdown(self, how):
        self.sock.shutdown(how)

    def sendall(self, data):
        with self.lock:
            self.sock.settimeout(5)
            self.sock.sendall(data)

    def close(self):
        self.sock.close()
