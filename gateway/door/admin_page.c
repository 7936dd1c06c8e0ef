#include "gateway/door/admin_page.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/base64.h"

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 "
    "1em;color:#222;background:#fff}"
    "h1{font-size:1.4em;margin:0}h2{font-size:1.1em;margin:1.5em 0 .3em}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.2em .8em .2em 0;border-bottom:1px solid "
    "#ddd;overflow-wrap:anywhere}"
    "th{font-weight:600}.good{color:#0a6b2d}.bad{color:#b00020}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}th,td{border-color:#444}"
    ".good{color:#6fd08c}.bad{color:#ff8a8a}a{color:#8ab4f8}}";

/* What others chose (domains, names of clients, words of errors) reaches the page through
 * textContent only. */
static const char script[] =
    "'use strict';\n"
    "const every = 3000;\n"
    "const $ = id => document.getElementById(id);\n"
    "function cell(row, kind, text, state) {\n"
    "  const c = document.createElement(kind);\n"
    "  c.textContent = text === null ? '' : String(text);\n"
    "  if (state) c.className = state;\n"
    "  row.append(c);\n"
    "}\n"
    "const good = ['running', 'ok', 'up'], bad = ['draining', 'down'];\n"
    "function mood(key, value) {\n"
    "  if (good.includes(value)) return 'good';\n"
    "  return bad.includes(value) || key === 'store' ? 'bad' : '';\n"
    "}\n"
    "function duration(s) {\n"
    "  const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % "
    "60;\n"
    "  return (d ? d + ' d ' : '') + (d || h ? h + ' h ' : '') + (d || h || m ? m + ' min ' : '') "
    "+ s % 60 + ' s';\n"
    "}\n"
    "function status(all) {\n"
    "  const rows = Object.entries(all).map(([key, value]) => {\n"
    "    const row = document.createElement('tr');\n"
    "    cell(row, 'th', key.replaceAll('_', ' '));\n"
    "    cell(row, 'td', key === 'uptime' ? duration(value) : value, mood(key, value));\n"
    "    return row;\n"
    "  });\n"
    "  $('status').replaceChildren(...rows);\n"
    "  $('domain').textContent = all.domain;\n"
    "  document.title = 'aimgate ' + all.domain;\n"
    "}\n"
    "function list(id, all) {\n"
    "  const keys = all.length ? Object.keys(all[0]) : [], head = document.createElement('tr');\n"
    "  for (const key of keys) cell(head, 'th', key.replaceAll('_', ' '));\n"
    "  const rows = all.map(one => {\n"
    "    const row = document.createElement('tr');\n"
    "    for (const key of keys) cell(row, 'td', one[key], mood(key, one[key]));\n"
    "    return row;\n"
    "  });\n"
    "  if (!all.length) cell(head, 'td', 'none');\n"
    "  $(id).replaceChildren(head, ...rows);\n"
    "}\n"
    "async function get(path) {\n"
    "  const answer = await fetch(path, {signal: AbortSignal.timeout(every)});\n"
    "  if (!answer.ok) throw new Error(path + ': ' + answer.status);\n"
    "  return answer.json();\n"
    "}\n"
    "async function refresh() {\n"
    "  try {\n"
    "    status(await get('/status.json'));\n"
    "    list('peers', await get('/peers.json'));\n"
    "    $('when').textContent = 'as of ' + new Date().toLocaleTimeString();\n"
    "    $('when').className = '';\n"
    "  } catch (e) {\n"
    "    $('when').textContent = 'the gateway does not answer';\n"
    "    $('when').className = 'bad';\n"
    "  }\n"
    "  setTimeout(refresh, every);\n"
    "}\n"
    "refresh();\n";

static bool put_digest(struct buf *b, const char *text)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];

    if (!EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL))
        return false;
    buf_str(b, "'sha256-");
    base64_write(b, span_of(digest, sizeof digest));
    buf_str(b, "'");
    return true;
}

bool admin_page_init(struct admin_page *p)
{
    struct buf b = {0};
    bool ok;

    buf_str(&b, "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'; script-src ");
    ok = put_digest(&b, script);
    buf_str(&b, "; style-src ");
    ok = put_digest(&b, style) && ok && span_copy(buf_span(&b), p->policy, sizeof p->policy);
    buf_fini(&b);
    return ok;
}

void admin_page_print(struct buf *out)
{
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
                 "charset=\"utf-8\">\n<title>aimgate</title>\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n<style>");
    buf_str(out, style);
    buf_str(
        out,
        "</style>\n</head>\n<body>\n<h1>aimgate <span id=\"domain\"></span></h1>\n<div "
        "id=\"when\"></div>\n"
        "<noscript>This page fills itself with a script; the same is at /status.json.</noscript>\n"
        "<h2>Status</h2>\n<table id=\"status\"></table>\n"
        "<h2>Peers</h2>\n<table id=\"peers\"></table>\n"
        "<p>More: <a href=\"/sessions.json\">sessions</a>, <a href=\"/queues.json\">queues</a>, "
        "<a href=\"/metrics\">metrics</a>, <a href=\"/health\">health</a>.</p>\n<script>");
    buf_str(out, script);
    buf_str(out, "</script>\n</body>\n</html>\n");
}
