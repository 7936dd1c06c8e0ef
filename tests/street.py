#!/usr/bin/python3
"""The house is a one-way street: reads every #include and holds it against the table of the rooms. In each
folder it also looks for circles: files of it that include or call each other all the way round.

    tests/street.py            prints what is in the wrong place, exit 1 if anything is

The last line is `N includes, N wrong`.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOMS = ("base", "oscar", "simple", "mapping", "db", "gateway")

NOUNS = r"mapping/(address|message|presence|roster|outcome|binding)\.(h|def)"
# what a room may include of ours, beside itself
OURS = {
    "base": r"base/",
    "oscar": r"(base|oscar)/",
    "simple": r"(base|simple)/",
    # data headers of the halves: not the connection, the transactions, the element
    "mapping": r"(base|mapping)/|oscar/(?!conn|signon|rate)|simple/(?!core|txn/|event/)",
    "db": rf"(base|db)/|{NOUNS}$",
    "gateway": r"",
}
LIBRARIES = r"(uv|sqlite3|yaml|jansson|ares|ares_\w+|libwebsockets|http_parser|idn2|cmocka|zlib)\.h|openssl/|libxml/|wslay/|arpa/nameser"
# libraries: who may include which
DIGESTS = r"openssl/(evp|sha|md5|hmac|crypto)\.h"         # pure functions over bytes
LIBS = {
    "base": None,
    "oscar": DIGESTS,
    "simple": rf"libxml/|zlib\.h|jansson\.h|{DIGESTS}",
    "mapping": rf"idn2\.h|{DIGESTS}",
    "db": r"sqlite3\.h",
    "gateway": r"",
}
SYSTEM = r"sys/(socket|un|epoll|select|poll|ioctl)\.h|netinet/|arpa/inet\.h|netdb\.h|net/|poll\.h|pthread\.h|threads\.h"
WITHOUT_SYSTEM = ("oscar", "simple", "mapping")          # no sockets, no threads
CLOCK = re.compile(r"\b(time|clock_gettime|gettimeofday|localtime|localtime_r|rand|random|srand|getrandom)\s*\(")
CORNER = re.compile(r"gateway/(net/|worker\.[ch]$)")     # where libuv and its companions live
COMPANIONS = r"(uv|ares|ares_\w+|libwebsockets)\.h$|uv/|arpa/nameser"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def strip(text):
    """Comments and strings taken out, line ends kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def comments_out(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def judge(path, kind, what):
    """Why this include is wrong, or None."""
    room = path.split("/")[0]
    if kind == '"':
        if "/" not in what or what.startswith("."):
            return "written from the top, as \"base/span.h\""
        target = what.split("/")[0]
        if target not in ROOMS:
            return "no room of ours"
        if not re.match(OURS[room], what):
            return f"{room}/ may not include it"
        if target != room and re.search(r"_priv\.h$", what):
            return "private to its room"
        return None
    if re.match(COMPANIONS, what):
        return None if CORNER.match(path) else "only in gateway/net and gateway/worker"
    if re.match(LIBRARIES, what) and (LIBS[room] is None or not re.match(LIBS[room], what)):
        return f"{room}/ has no business with that library"
    if room in WITHOUT_SYSTEM and re.match(SYSTEM, what):
        return f"{room}/ does no I/O"
    return None


# ---- circles ----

# a function that others can call: defined at the left margin, not static
DEFINED = re.compile(r"^(?!static\b)[a-z][\w \t*]*?\b(\w+)\([^;{}]*\)\s*\{", re.M)
CALLED = re.compile(r"(?<![\w.>])([a-z]\w+)\(")


def noun(path, texts):
    """The file without its ending. A .c without a header of its own is a part of what it opens with, or of X where it
    shares the inside of X (X_priv.h). An inside that has a .c of its own is a noun of its own."""
    if re.sub(r"\.[ch]$", ".c", path).endswith("_priv.c") and re.sub(r"\.[ch]$", ".c", path) in texts:
        return path[:-2]
    stem = re.sub(r"(_priv)?\.[ch]$", "", path)
    if not path.endswith(".c") or stem + ".h" in texts:
        return stem
    names = [m[2] for m in INCLUDE.finditer(texts[path])]
    of = [name for name in names if name in texts and name.endswith("_priv.h")] + names[:1]
    return noun(of[0], texts) if of and of[0] in texts else stem


def arrows(texts):
    """{noun: {noun that it includes or calls: how}} of the files of one folder. An inside knows what its outside says."""
    nouns = {path: noun(path, texts) for path in texts}
    plain = {path: strip(text) for path, text in texts.items()}
    home = {name: nouns[path] for path in texts if path.endswith(".c") for name in DEFINED.findall(plain[path])}
    out = {n: {} for n in nouns.values()}
    for path, text in texts.items():
        own = set(re.findall(r"^static\b[^;{=]*?\b(\w+)\(", plain[path], re.M))
        for match in INCLUDE.finditer(text):
            if match[2] in nouns and re.sub("_priv$", "", nouns[path]) != re.sub(r"\.h$", "", match[2]):
                out[nouns[path]].setdefault(nouns[match[2]], f"includes {match[2]}")
        for name in set(CALLED.findall(plain[path])) - own if path.endswith(".c") else ():
            if name in home:
                out[nouns[path]].setdefault(home[name], f"calls {name}()")
    return out


def way(out, start, goal):
    """The shortest way along the arrows, as a list of nouns, or None."""
    ways, seen = [[start]], {start}
    for path in ways:
        for target in sorted(out.get(path[-1], ())):
            if target == goal:
                return path + [goal]
            if target not in seen:
                seen.add(target)
                ways.append(path + [target])
    return None


def circles(texts):
    """Each circle once, with what ties it, as a line."""
    out = {a: {b: how for b, how in to.items() if b != a} for a, to in arrows(texts).items()}
    told, lines = set(), []
    for start in sorted(out):
        path = way(out, start, start)
        if path and frozenset(path) not in told:
            told.add(frozenset(path))
            lines.append("a circle: " + ", ".join(f"{a} {out[a][b]}" for a, b in zip(path, path[1:])))
    return lines


def main():
    seen, wrong, folders = 0, [], {}
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(TOP, room)):
            for name in sorted(names):
                if not name.endswith((".c", ".h", ".def")):
                    continue
                full = os.path.join(folder, name)
                path = os.path.relpath(full, TOP)
                with open(full, encoding="utf-8") as f:
                    text = f.read()
                if not name.endswith(".def"):
                    folders.setdefault(os.path.dirname(path), {})[path] = comments_out(text)
                for match in INCLUDE.finditer(comments_out(text)):
                    seen += 1
                    why = judge(path, match[1], match[2])
                    if why:
                        line = text.count("\n", 0, match.start(2)) + 1
                        wrong.append(f"{path}:{line}: {match[2]}: {why}")
                if room in WITHOUT_SYSTEM and name.endswith(".c"):
                    for match in CLOCK.finditer(strip(text)):
                        line = text.count("\n", 0, match.start()) + 1
                        wrong.append(f"{path}:{line}: {match[1]}(): time and chance are handed in to {room}/")
    for texts in folders.values():
        wrong += circles(texts)
    print("\n".join(wrong), end="\n" if wrong else "")
    print(f"{seen} includes, {len(wrong)} wrong")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
