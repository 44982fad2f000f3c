import JSON
import NIOCore
import Primitives

/// Sends messages over SMTP: one session a message.
final class MailDriver: ConnectionDriver {
    private let connection: Connection
    private let server: MailServer
    private let dialer: any EgressDialer
    private let loop: any EventLoop
    private let tls = TrustedTLS()

    init(connection: Connection, server: MailServer, dialer: any EgressDialer, loop: any EventLoop) {
        self.connection = connection
        self.server = server
        self.dialer = dialer
        self.loop = loop
    }

    func attempt(
        _ call: CapabilityCall, _ description: OperationDescription, deadline: NIODeadline
    ) async -> Attempt {
        let message: MailMessage
        do {
            let arguments = try mapped(call, description)
            message = try MailMessage(
                arguments: arguments, server: server, idempotencyKey: call.idempotencyKey, sentAt: .now())
        } catch {
            return .permanent(CallFailure(.invalidArguments, "\(error)"))
        }
        let letter = SMTPConversation.Letter(
            sender: message.sender, recipients: message.recipients, content: message.encoded())
        do throws(SMTPFailure) {
            let seconds = description.timeoutSeconds ?? connection.description.limits.timeoutSeconds
            let outcome = try await converse(letter, deadline: min(deadline, .in(seconds: seconds)))
            switch outcome {
            case .accepted: return .succeeded(["id": .string(message.messageID)])
            case .refused(let kind, let reason, let isTransient, _):
                let failure = CallFailure(kind, reason)
                return isTransient ? .retryable(failure, afterSeconds: nil) : .permanent(failure)
            }
        } catch {
            if error.isUnknown { return .unknown(error.failure, isWorthRepeating: true) }
            let isPermanent = [.authorization, .configuration, .cancelled].contains(error.failure.kind)
            return isPermanent ? .permanent(error.failure) : .retryable(error.failure, afterSeconds: nil)
        }
    }

    /// Everything but a letter: the session up to the point where one would be handed over.
    func test(_ description: OperationDescription, deadline: NIODeadline) async -> TestObservation {
        var commands = ["EHLO"]
        if server.security == .starttls { commands += ["STARTTLS"] }
        if case .basic = connection.credential { commands += ["AUTH"] }
        var seen = TestObservation(
            asked: .init(
                method: (commands + ["NOOP", "QUIT"]).joined(separator: " "),
                host: "\(server.host.bracketed):\(server.port)", path: nil))
        do throws(SMTPFailure) {
            switch try await converse(nil, deadline: deadline) {
            case .accepted(_, let code): seen.status = code
            case .refused(let kind, let reason, _, let code):
                seen.status = code
                seen.failure = CallFailure(kind, status: code, reason)
            }
        } catch {
            seen.failure = error.failure
        }
        return seen
    }

    private func mapped(_ call: CapabilityCall, _ description: OperationDescription) throws(TemplateError) -> JSONValue
    {
        guard let program = description.request.body else { return call.arguments }
        let input: JSONValue = [
            "arguments": call.arguments, "configuration": connection.configuration,
            "idempotencyKey": .string(call.idempotencyKey),
        ]
        return try program.single(input, budget: .mapping, place: "message")
    }

    private func converse(
        _ letter: SMTPConversation.Letter?, deadline: NIODeadline
    ) async throws(SMTPFailure) -> SMTPConversation.Outcome {
        var username: String?
        var password: Redacted<String>?
        if case .basic(let name, let secret) = connection.credential { (username, password) = (name, secret) }
        let conversation = SMTPConversation(
            security: server.security, clientName: server.sender.domain, username: username, password: password,
            letter: letter)
        let security: TrustedTLS.Client?
        do {
            security =
                server.security == .none
                ? nil
                : try tls.client(authorities: server.tls.authorities, serverName: server.tls.serverName ?? server.host)
        } catch {
            throw SMTPFailure(failure: CallFailure(.configuration, error.description), isUnknown: false)
        }
        return try await run(conversation, security, deadline)
    }

    private func run(
        _ conversation: SMTPConversation, _ security: TrustedTLS.Client?, _ deadline: NIODeadline
    ) async throws(SMTPFailure) -> SMTPConversation.Outcome {
        let isTLSFromStart = server.security == .tls
        let channel: any Channel
        let outcome = loop.makePromise(of: SMTPConversation.Outcome.self)
        do {
            channel = try await dialer.open(
                to: server.host, port: server.port,
                deadline: min(deadline, .in(seconds: connection.description.limits.connectTimeoutSeconds))
            ) { channel in
                if isTLSFromStart { try security?.configure(channel) }
                let handler = SMTPHandler(
                    conversation: conversation, tls: isTLSFromStart ? nil : security, deadline: deadline,
                    outcome: outcome)
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        } catch {
            outcome.fail(error)
            let kind: CallFailure.Kind = error.reason.isTransient ? .communication : .authorization
            throw SMTPFailure(
                failure: CallFailure(kind, error.description, cause: .egress(error)), isUnknown: false)
        }
        do {
            return try await withTaskCancellationHandler {
                try await outcome.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            let lost = CallFailure(.communication, "the connection to the mail server broke", cause: .closed)
            throw error as? SMTPFailure ?? SMTPFailure(failure: lost, isUnknown: false)
        }
    }
}
