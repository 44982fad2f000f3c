import JSON
package import NIOCore

/// Performs a capability's operations over one connection: tries, waits, asks again with the same key, and looks up
/// what nobody knows. It never blindly repeats what is not repeatable.
package final class ConnectionClient: Sendable {
    /// A call with all its tries, when its task has no timeout of its own.
    package static let maximumCallSeconds = 120.0

    package let connection: Connection
    private let capabilities: CapabilityTable
    private let loop: any EventLoop
    private let limiter: RateLimiter?
    private let driver: any ConnectionDriver

    package init(
        connection: Connection, client: OutboundClient, dialer: any EgressDialer, loop: any EventLoop,
        capabilities: CapabilityTable = .standard
    ) {
        self.connection = connection
        self.capabilities = capabilities
        self.loop = loop
        limiter = connection.description.rateLimit.map(RateLimiter.init)
        switch connection.endpoint {
        case .http(let base, let tls):
            driver = HTTPDriver(connection: connection, base: base, tls: tls, client: client)
        case .mail(let server):
            driver = MailDriver(connection: connection, server: server, dialer: dialer, loop: loop)
        }
    }

    package func perform(_ call: CapabilityCall) async -> CallOutcome {
        if let violation = capabilities.violations(ofArguments: call.arguments, for: call.operation).first {
            let message = "\(call.operation.qualifiedName): \(violation.instancePath) \(violation.message)"
            return .failed(CallFailure(.invalidArguments, message))
        }
        let operation = call.operation
        guard let description = connection.description.operation(operation.capability, operation.name) else {
            let message = "the connector \(connection.description.slug) does not implement \(operation.qualifiedName)"
            return .failed(CallFailure(.configuration, message))
        }
        do {
            return .succeeded(try await perform(call, description))
        } catch {
            return .failed(error)
        }
    }

    /// The connector's test: a request without consequences, with the connection's address and credential.
    package func test(timeoutSeconds: Double = maximumCallSeconds) async -> ConnectionTestReport {
        guard let description = connection.description.test else {
            return ConnectionTestReport(
                notBegunBecause: .noTest, "the connector \(connection.description.slug) describes no test",
                advice: "Nothing was asked. Add `test` to the connector's description.")
        }
        let startedAt = NIODeadline.now()
        let seconds = min(connection.description.limits.timeoutSeconds, timeoutSeconds)
        let seen = await driver.test(description, deadline: .in(seconds: seconds))
        let duration = (NIODeadline.now() - startedAt).nanoseconds / 1_000_000
        return ConnectionTestReport(seen, of: connection, durationMilliseconds: Int(duration))
    }

    private func perform(
        _ call: CapabilityCall, _ description: OperationDescription
    ) async throws(CallFailure) -> JSONValue {
        let deadline = NIODeadline.in(seconds: min(call.timeoutSeconds ?? Self.maximumCallSeconds, 3600))
        if call.mayHaveHappened, !description.isRepeatable {
            let doubt = CallFailure(.outcomeUnknown, "the call was under way when its runner went away")
            if let result = try await found(call, description, doubt, deadline) { return result }
        }
        let policy = connection.description.retry
        var attempt = 1
        while true {
            try await waitForTurn(deadline)
            var outcome = await driver.attempt(call, description, deadline: deadline)
            outcome = checked(outcome, call)
            let failure: CallFailure
            var afterSeconds = policy.pauseSeconds(after: attempt)
            switch outcome {
            case .succeeded(let result): return result
            case .alreadyDone(let result):
                if let result { return result }
                let doubt = CallFailure(.outcomeUnknown, "the system says that it was done, and does not show it")
                if let result = try await found(call, description, doubt, deadline) { return result }
                throw doubt
            case .permanent(let reason): throw reason
            case .retryable(let reason, let wish):
                failure = reason
                afterSeconds = max(afterSeconds, wish ?? 0)
            case .unknown(let reason, let isWorthRepeating):
                failure = try await resolve(reason, isWorthRepeating, call, description, deadline) { result in
                    outcome = .succeeded(result)
                }
                if case .succeeded(let result) = outcome { return result }
            }
            guard attempt < policy.attempts else { throw failure }
            attempt += 1
            try await pause(afterSeconds, orThrow: failure, deadline)
        }
    }

    /// After a try whose outcome is unknown: the failure to go on with when trying again is right; throws when it is not.
    private func resolve(
        _ failure: CallFailure, _ isWorthRepeating: Bool, _ call: CapabilityCall, _ description: OperationDescription,
        _ deadline: NIODeadline, onFound: (JSONValue) -> Void
    ) async throws(CallFailure) -> CallFailure {
        let isRead = call.operation.effect == .read
        if isRead || description.isRepeatable {
            let outcome = isRead ? failure : unknown(failure)
            guard isWorthRepeating else { throw outcome }
            return outcome
        }
        // What the system is still working on must be given a moment to become visible.
        try await pause(connection.description.retry.maximumSeconds / 4, orThrow: unknown(failure), deadline)
        if let result = try await found(call, description, unknown(failure), deadline) {
            onFound(result)
            return failure
        }
        // It was not done: a timeout may still be followed by its effect, so only what ended is tried again.
        guard isWorthRepeating, failure.kind != .timeout else { throw unknown(failure) }
        return failure
    }

    private func unknown(_ failure: CallFailure) -> CallFailure {
        failure.kind == .cancelled
            ? failure : CallFailure(.outcomeUnknown, status: failure.status, "outcome unknown: \(failure.detail)")
    }

    /// Asks the system whether the call was done: its result, or `nil` when it was not. Throws `doubt` when nothing can
    /// tell.
    private func found(
        _ call: CapabilityCall, _ description: OperationDescription, _ doubt: CallFailure, _ deadline: NIODeadline
    ) async throws(CallFailure) -> JSONValue? {
        let lookUp = LookUp(call: call, description: description, connection: connection, capabilities: capabilities)
        guard let question = lookUp.question() else { throw doubt }
        let policy = connection.description.retry
        for attempt in 1...policy.attempts {
            try await waitForTurn(deadline)
            let answer = await driver.attempt(question.call, question.description, deadline: deadline)
            switch answer {
            case .succeeded(let value), .alreadyDone(.some(let value)):
                let result = lookUp.result(from: value, question)
                if let result, !capabilities.violations(ofResult: result, for: call.operation).isEmpty { throw doubt }
                return result
            case .permanent, .alreadyDone(nil): throw doubt
            case .retryable, .unknown:
                guard attempt < policy.attempts else { throw doubt }
                try await pause(policy.pauseSeconds(after: attempt), orThrow: doubt, deadline)
            }
        }
        throw doubt
    }

    /// A success whose result does not comply was done all the same; for a write nobody knows with what result.
    private func checked(_ outcome: Attempt, _ call: CapabilityCall) -> Attempt {
        guard case .succeeded(let result) = outcome,
            let violation = capabilities.violations(ofResult: result, for: call.operation).first
        else { return outcome }
        let message =
            "the system's answer does not comply with \(call.operation.qualifiedName): "
            + "\(violation.instancePath) \(violation.message)"
        let failure = CallFailure(.communication, message)
        return call.operation.effect == .read ? .permanent(failure) : .unknown(failure, isWorthRepeating: false)
    }

    private func waitForTurn(_ deadline: NIODeadline) async throws(CallFailure) {
        guard let limiter else { return }
        guard let seconds = limiter.take(waitingAtMost: secondsLeft(deadline)) else {
            throw CallFailure(.timeout, "the connection's rate limit leaves no turn within the call's time")
        }
        if seconds > 0 { try await pause(seconds, orThrow: CallFailure(.timeout, "the call's time is over"), deadline) }
    }

    private func pause(
        _ seconds: Double, orThrow failure: CallFailure, _ deadline: NIODeadline
    ) async throws(CallFailure) {
        // Some spread, so that calls that failed together do not come back together.
        let seconds = seconds * Double.random(in: 0.9...1.1)
        guard seconds < secondsLeft(deadline) else { throw failure }
        do {
            try await loop.pause(seconds: seconds)
        } catch {
            throw CallFailure(.cancelled, "the call was given up")
        }
    }

    private func secondsLeft(_ deadline: NIODeadline) -> Double {
        Double((deadline - .now()).nanoseconds) / 1e9
    }
}

/// What speaks to one kind of system. It tries once and says what that came to.
protocol ConnectionDriver: Sendable {
    func attempt(_ call: CapabilityCall, _ description: OperationDescription, deadline: NIODeadline) async -> Attempt
    func test(_ description: OperationDescription, deadline: NIODeadline) async -> TestObservation
}
