"""A mail server for tests (Debian package `python3-aiosmtpd`): what it takes is a line of JSON on standard output.

`smtp_sink.py CERTIFICATE KEY tls|starttls`: SMTP with TLS from the start, or with STARTTLS and nothing without it, for
whoever knows the password. It refuses `gone@…` for ever, the first mail to `busy@…` for now, and never answers one to
`stuck@…`. What it prints is as Python's own parser of mail understands it.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos
        if to[0].startswith("stuck@"):
            await asyncio.get_running_loop().create_future()
        if to[0].startswith("busy@") and to[0] not in self.seen:
            self.seen.add(to[0])
            return "451 4.3.0 later"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        said = {
            "to": to,
            "from": envelope.mail_from,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": mail.get_content(),
            "defects": [str(defect) for defect in mail.defects],
            "is_encrypted": server.transport.get_extra_info("ssl_object") is not None,
        }
        print(json.dumps(said), flush=True)
        return "250 2.0.0 taken"


def knows(server, session, envelope, mechanism, data):
    # What is not handled here is answered with 535.
    return AuthResult(success=(data.login, data.password) == (b"watch", b"SMTP-SECRET"), handled=False)


async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1], sys.argv[2])
    from_the_start = sys.argv[3] == "tls"

    def one():
        # What `server` sees of TLS is its own STARTTLS: without one, it would ask nobody for a password.
        later = {} if from_the_start else {"tls_context": tls, "require_starttls": True}
        return SMTP(Sink(), authenticator=knows, auth_required=True, auth_require_tls=not from_the_start, **later)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(one, "127.0.0.1", 0, ssl=tls if from_the_start else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
