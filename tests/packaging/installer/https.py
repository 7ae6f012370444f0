"""Serves a folder over TLS on loopback and prints its port.

    https.py FOLDER CERTIFICATE KEY
"""

import functools
import http.server
import ssl
import sys


def main(folder, certificate, key):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port)
    server.serve_forever()


main(*sys.argv[1:])
