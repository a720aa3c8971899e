"""Receives what users write to a service account of the emulator, and answers, with nothing but the standard library.

Start the emulator first:

    go run ./cmd/wechat-emulator
    python3 examples/python/reply.py

The handler does what one for a real account does in plaintext mode. What goes to /_emulator/ stands for WeChat's console, where
the callback's address is set, and for the user's thumbs and eyes.
"""

import hashlib
import hmac
import json
import os
import threading
import urllib.request
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BASE = os.environ.get("WECHAT_BASE_URL", "http://127.0.0.1:8630")
APP_ID = os.environ.get("WECHAT_SERVICE_APPID", "wx00000000000000b2")
TOKEN = os.environ.get("WECHAT_SERVICE_TOKEN", "a-token-of-yours")
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8080"))
LONGEST = 1 << 20  # bytes of a push


def is_signed(query):
    """Tells whether a request comes from somebody who knows the token: WeChat."""
    parts = sorted([TOKEN, query.get("timestamp", ""), query.get("nonce", "")])
    want = hashlib.sha1("".join(parts).encode()).hexdigest()
    return hmac.compare_digest(want.encode(), query.get("signature", "").encode())


def answer(push):
    """Returns the reply to a push as XML, "success" for none."""
    if push.findtext("MsgType") != "text":
        return b"success"
    reply = ElementTree.Element("xml")
    for name, text in {
        "ToUserName": push.findtext("FromUserName"),
        "FromUserName": push.findtext("ToUserName"),
        "CreateTime": push.findtext("CreateTime"),
        "MsgType": "text",
        "Content": f"You wrote: {push.findtext('Content')}",
    }.items():
        ElementTree.SubElement(reply, name).text = text
    return ElementTree.tostring(reply, encoding="utf-8")


class Callback(BaseHTTPRequestHandler):
    """Answers the check of the address (GET) and the pushes (POST)."""

    def do_GET(self):
        self.respond(lambda query: query.get("echostr", "").encode())

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LONGEST))
        self.respond(lambda _: answer(ElementTree.fromstring(body)))

    def respond(self, work):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        signed = is_signed(query)
        body = work(query) if signed else b""
        self.send_response(200 if signed else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # addresses of requests hold signatures
        pass


def control(method, path, body=None):
    """Makes a call of the emulator's control API."""
    request = urllib.request.Request(
        BASE + "/_emulator/api" + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def main():
    server = ThreadingHTTPServer((HOST, PORT), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = os.environ.get("CALLBACK_URL", f"http://127.0.0.1:{server.server_port}/wechat")

    control("PUT", f"/apps/{APP_ID}/callback", {"url": address, "token": TOKEN, "mode": "plaintext"})
    checked = control("POST", f"/apps/{APP_ID}/callback/verify", {})
    if not checked["ok"]:
        raise SystemExit(checked["error"])
    print("the callback answers")

    control("POST", "/users/bob/write", {"appId": APP_ID, "text": "When does my contract end?"})
    control("POST", "/settle", {})  # waits for the push and the reply
    last = control("GET", "/users/bob/messages")["messages"][-1]
    print("bob reads:", last["text"])
    server.shutdown()


if __name__ == "__main__":
    main()
