"""HTTPS on loopback before an HTTP server: relay.py PORT_OF_THE_SERVER CERTIFICATE KEY; prints the port it listens on."""

import http.client
import http.server
import ssl
import sys

SERVER, CERTIFICATE, KEY = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece, so that nobody waits for an acknowledgement.
    wbufsize = -1

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = dict(self.headers) | {"X-Forwarded-Proto": "https"}
        server = http.client.HTTPConnection("127.0.0.1", SERVER)
        server.request(self.command, self.path, body, headers)
        answer = server.getresponse()
        body = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = relay

    def log_message(self, *_):
        pass


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERTIFICATE, KEY)
relay = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
relay.socket = tls.wrap_socket(relay.socket, server_side=True, do_handshake_on_connect=False)
print(relay.server_address[1], flush=True)
relay.serve_forever()
