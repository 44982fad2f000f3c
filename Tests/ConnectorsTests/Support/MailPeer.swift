import Foundation
import JSON
import TestSupport

/// A real mail server: aiosmtpd under Python, which also reads the messages with Python's own mail parser. The package
/// is `python3-aiosmtpd`; without it the tests fail.
final class MailPeer: Sendable {
    let port: Int
    private let process: Subprocess

    init(mode: String = "none", certificate: TestCertificate? = nil) async throws {
        let python = ProcessInfo.processInfo.environment["MILLWRIGHT_TEST_PYTHON"] ?? "python3"
        process = try Subprocess(
            python, ["-u", "-c", Self.script, mode, certificate?.certificatePath ?? "", certificate?.keyPath ?? ""])
        var said: [String] = []
        while let line = await process.line() {
            if line.hasPrefix("port "), let port = Int(line.dropFirst(5)) {
                self.port = port
                return
            }
            said.append(line)
        }
        throw Subprocess.Failed(description: "the mail server did not start: \(said.joined(separator: " "))")
    }

    /// The next message that arrived, as the server read it.
    func message() async throws -> JSONValue {
        // Its warnings come on the same way.
        while let line = await process.line() {
            if line.hasPrefix("{") { return try JSONValue(parsing: line) }
        }
        throw Subprocess.Failed(description: "the mail server ended")
    }

    private static let script = """
        import asyncio, email, email.policy, json, os, ssl, sys, threading
        # Whoever started this is gone when the input ends.
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        try:
            from aiosmtpd.smtp import SMTP, AuthResult
        except ImportError:
            print('the package python3-aiosmtpd is not installed'); sys.exit(1)
        mode, cert, key = sys.argv[1:4]
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith('unknown'): return '550 5.1.1 no such mailbox'
                if address.startswith('later'): return '451 4.3.0 try again later'
                envelope.rcpt_tos.append(address)
                return '250 OK'
            async def handle_DATA(self, server, session, envelope):
                message = email.message_from_bytes(envelope.content, policy=email.policy.default)
                body = lambda kind: (lambda part: part.get_content() if part else None)(message.get_body([kind]))
                print(json.dumps({
                    'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'subject': message['subject'],
                    'header_from': str(message['from']), 'text': body('plain'), 'html': body('html'),
                    'id': message['message-id'], 'headers': sorted(k.lower() for k in message.keys()),
                    'date': message['date'].datetime.isoformat(), 'tls': session.ssl is not None,
                    'authenticated': session.authenticated, 'defects': [str(d) for d in message.defects],
                    'ascii': all(b < 128 for b in envelope.content),
                    'longest': max(len(l) for l in envelope.content.split(b'\\r\\n')),
                }))
                if any(a.startswith('vanish') for a in envelope.rcpt_tos):
                    server.transport.abort()
                if any(a.startswith('full') for a in envelope.rcpt_tos): return '552 5.2.2 mailbox full'
                return '250 2.0.0 queued'
        def check(server, session, envelope, mechanism, data):
            return AuthResult(handled=False, success=data.login == b'mailer' and data.password == 'p\\u00e4ss'.encode())
        async def main():
            context = None
            if cert:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(cert, key)
            options = {}
            if mode.startswith('starttls'): options.update(tls_context=context, require_starttls=True)
            if mode.endswith('auth'):
                options.update(authenticator=check, auth_required=True, auth_require_tls=mode.startswith('starttls'))
            if mode.endswith('login-auth'): options.update(auth_exclude_mechanism=['PLAIN'])
            server = await asyncio.get_running_loop().create_server(
                lambda: SMTP(Handler(), hostname='mail.test', **options), '127.0.0.1', 0,
                ssl=context if mode.startswith('tls') else None)
            print('port', server.sockets[0].getsockname()[1])
            await server.serve_forever()
        asyncio.run(main())
        """
}
