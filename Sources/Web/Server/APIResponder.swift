import HTTPTypes
package import Hummingbird
import JSON
import Logging
import NIOCore
import Primitives
import Tenancy

/// Everything that stands between a request and the handler of its operation, in one fixed order: who, how often,
/// where, may, which version, what, again?, do.
package struct APIResponder: Sendable {
    private let gate: AccessGate
    private let limits: RequestLimits
    private let idempotency: IdempotencyStore
    private let cursors: CursorSeal

    package init(gate: AccessGate, limits: RequestLimits, idempotency: IdempotencyStore, cursors: CursorSeal) {
        self.gate = gate
        self.limits = limits
        self.idempotency = idempotency
        self.cursors = cursors
    }

    package func respond(
        to request: Request, context: MillwrightContext, operation: Operation
    ) async -> Response {
        do {
            let (reply, rate) = try await perform(request, context, operation)
            var response = reply.response(requestID: context.requestID)
            rate?.write(to: &response.headers)
            return response
        } catch let refusal as RateRefusal {
            return refusal.response(requestID: context.requestID)
        } catch let problem as Problem {
            return problem.response(requestID: context.requestID)
        } catch {
            return ErrorMapping.problem(for: error, logger: context.logger).response(requestID: context.requestID)
        }
    }

    private func perform(
        _ request: Request, _ context: MillwrightContext, _ operation: Operation
    ) async throws -> (Reply, RateStatus?) {
        let pathValues = context.pathValues
        var admitted = try await gate.admit(
            operation, headers: request.headers, pathValues: pathValues,
            origin: limits.origin(request.headers, socket: context.origin))
        var call = Call(
            operation: operation, headers: request.headers, pathValues: pathValues,
            queryValues: try queryValues(of: request, operation), body: .null, bodyBytes: [],
            principal: admitted.principal, scope: admitted.scope, actor: admitted.actor,
            expectedVersion: try expectedVersion(request.headers, operation), requestID: context.requestID)
        if let declaration = operation.body {
            (call.bodyBytes, call.body) = try await BodyReader(declaration: declaration).read(request)
        }
        // One was taken at the door; what a large request weighs beyond that is known only now.
        if let weight = operation.weight?(call.body), weight > 1, let caller = admitted.principal {
            admitted.rate = try await limits.admit(caller.id, cost: weight - 1)
        }
        let reply = try await AuditReason.$current.withValue(try reason(request.headers)) {
            try await answer(call, request, context, admitted.principal)
        }
        return (reply, admitted.rate)
    }

    private func answer(
        _ call: Call, _ request: Request, _ context: MillwrightContext, _ caller: Principal?
    ) async throws -> Reply {
        let operation = call.operation
        if operation.method == .post, let text = request.headers[.idempotencyKey], let caller {
            return try await once(call, text, caller, path: request.uri.path, context.logger)
        }
        let reply = try await run(call)
        guard operation.query.contains(.cursor) else { return reply }
        return cursors.sealing(reply, of: list(request, operation))
    }

    /// Why, for the audit, of a change whose operation has no field for it.
    private func reason(_ headers: HTTPFields) throws -> String? {
        guard let reason = headers[.auditReason] else { return nil }
        guard (1...AuditReason.maximumBytes).contains(reason.utf8.count) else {
            throw Problem(.invalidRequest, "An X-Audit-Reason has 1 to \(AuditReason.maximumBytes) bytes.")
        }
        return reason
    }

    /// What a cursor of a list is good for: this list, of this tenant.
    private func list(_ request: Request, _ operation: Operation) -> String {
        operation.id + " " + request.uri.path.lowercased()
    }

    private func run(_ call: Call) async throws -> Reply {
        guard let seconds = call.operation.timeoutSeconds else { return try await call.operation.handler(call) }
        return try await Deadline.run(seconds: seconds) { try await call.operation.handler(call) }
    }

    private func once(
        _ call: Call, _ text: String, _ caller: Principal, path: String, _ logger: Logger
    ) async throws -> Reply {
        guard (1...IdempotencyStore.maximumKeyBytes).contains(text.utf8.count) else {
            throw Problem(.invalidRequest, "An Idempotency-Key has 1 to \(IdempotencyStore.maximumKeyBytes) bytes.")
        }
        let key = IdempotencyStore.Key(
            principal: caller.id, text: text, operation: call.operation.id, path: path, body: call.bodyBytes)
        switch try await idempotency.claim(key) {
        case .answered(let status, let headers, let body):
            return Reply.replayed(status: status, headers: headers, body: body)
        case .new:
            let (outcome, hasChanged) = await IdempotencyStore.watching { try await run(call) }
            do {
                if case .success(let reply) = outcome {
                    let stored = reply.kept.stored
                    try await idempotency.record(key, status: stored.status, headers: stored.headers, body: stored.body)
                } else if hasChanged {
                    try await idempotency.abandon(key)
                } else {
                    try await idempotency.release(key)
                }
            } catch {
                // It was done, or it was not, whatever became of the record: the caller is told. A repeated request is told
                // that this one broke off.
                logger.warning("an Idempotency-Key was not recorded", metadata: ["reason": "\(error)"])
            }
            return try outcome.get()
        }
    }

    private func queryValues(of request: Request, _ operation: Operation) throws -> [String: String] {
        var values: [String: String] = [:]
        let known = Set(operation.query.map(\.name))
        var items: [Problem.Item] = []
        for (name, value) in request.uri.queryParameters {
            if known.contains(String(name)) {
                if values.updateValue(String(value), forKey: String(name)) != nil {
                    items.append(.init(path: "?\(name)", message: "Is given more than once."))
                }
            } else {
                let offered = known.isEmpty ? "It takes none." : "It takes \(known.sorted().joined(separator: ", "))."
                items.append(.init(path: "?\(name)", message: "The operation has no such parameter. \(offered)"))
            }
        }
        if known.contains("limit"), let text = values["limit"] {
            let limits = PageRequest.limits
            if Int(text).map(limits.contains) != true {
                let message = "Must be a whole number from \(limits.lowerBound) to \(limits.upperBound)."
                items.append(.init(path: "?limit", message: message))
            }
        }
        if known.contains("cursor"), let cursor = values["cursor"] {
            do {
                values["cursor"] = try cursors.open(cursor, of: list(request, operation))
            } catch {
                items += error.items
            }
        }
        for parameter in operation.query where parameter.isRequired && values[parameter.name] == nil {
            items.append(.init(path: "?\(parameter.name)", message: "Is needed: \(parameter.summary)"))
        }
        guard items.isEmpty else { throw Problem(.invalidParameters, "The query is not valid.", items: items) }
        return values
    }

    private func expectedVersion(_ headers: HTTPFields, _ operation: Operation) throws -> Int64? {
        guard operation.requiresVersion else { return nil }
        guard let text = headers[.ifMatch] else {
            throw Problem(
                .preconditionRequired, "Read the object first and send its ETag back as If-Match with the change.")
        }
        guard text.hasPrefix("\""), text.hasSuffix("\""), let version = Int64(text.dropFirst().dropLast()) else {
            throw Problem(.preconditionFailed, "The object has changed, or this ETag is not one of it. Read it again.")
        }
        return version
    }
}
