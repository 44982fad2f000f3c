import Connectors
import JSON
import NIOCore
import Primitives
import Workflow

/// `run: script` and `run: shell` of a definition. A runner starts no programs; it sends the job to its plant's process
/// socket, where the control plane runs it in a sandbox of its own.
///
/// A job that an earlier runner may have run is simply run again: what runs there has no network and keeps nothing, so
/// nobody can tell whether it ran once or twice.
struct ProcessEffect {
    /// Waiting for its turn and running, when the task has no timeout of its own.
    private static let longestSeconds = 900.0
    /// The socket of a policy that was just switched on is there a moment later.
    private static let attempts = 10
    private static let secondsBetweenAttempts = 0.1

    /// `nil` where this runner has no such socket.
    let socketPath: String?
    let loop: any EventLoop

    static func performs(_ function: String) -> Bool { function == "run:script" || function == "run:shell" }

    /// - Parameter fetch: performs the `call: http` that gets the `source` of a script.
    func perform(
        _ effect: Effect, fetch: (Effect) async throws(CallFailure) -> JSONValue
    ) async -> EffectResult {
        do throws(WorkflowError) {
            let job = try await withCode(effect, fetch)
            let seconds = effect.request.timeoutSeconds ?? Self.longestSeconds
            var request: JSONObject = ["function": .string(effect.request.function), "arguments": job]
            if let limit = effect.request.timeoutSeconds { request["timeoutSeconds"] = JSONValue(limit) }
            let answer = try await answer(to: JSONValue.object(request).serializedBytes(), within: seconds)
            return .succeeded(try Self.output(of: answer, as: effect.request.arguments))
        } catch {
            return Task.isCancelled ? .givenUp : .failed(error)
        }
    }

    /// The arguments, a `source` replaced by the code that it leads to.
    private func withCode(
        _ effect: Effect, _ fetch: (Effect) async throws(CallFailure) -> JSONValue
    ) async throws(WorkflowError) -> JSONValue {
        var arguments = effect.request.arguments
        guard var script = arguments["script"]?.objectValue, let source = script["source"], !source.isNull else {
            return arguments
        }
        var fetching = effect
        fetching.request = CallRequest(
            function: "http",
            arguments: ["method": "get", "endpoint": source["endpoint"] ?? source, "output": "raw"],
            timeoutSeconds: effect.request.timeoutSeconds)
        fetching.mayHaveHappened = false
        let raw: JSONValue
        do throws(CallFailure) {
            raw = try await fetch(fetching)
        } catch {
            var failure = error.workflowError
            failure.detail = "the source of the script: \(failure.detail ?? "")"
            throw failure
        }
        guard let code = Base64.decode(raw.stringValue ?? "").flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw WorkflowError(.communication, detail: "the source of the script is not text in UTF-8")
        }
        script["source"] = nil
        script["code"] = .string(code)
        arguments.set("script", .object(script))
        return arguments
    }

    private func answer(to request: [UInt8], within seconds: Double) async throws(WorkflowError) -> JSONValue {
        guard let socketPath else { throw Self.notAllowed }
        let exchange = ProcessExchange(socketPath: socketPath, loop: loop)
        for attempt in 1...Self.attempts {
            do throws(ProcessExchange.Failure) {
                let bytes = try await exchange.send(request, within: seconds)
                guard let answer = try? JSONValue(parsing: bytes, limits: ProcessExchange.limits) else {
                    throw ProcessExchange.Failure.broken
                }
                return answer
            } catch {
                switch error {
                case .noSocket where attempt < Self.attempts:
                    try? await Task.sleep(for: .seconds(Self.secondsBetweenAttempts))
                case .noSocket: throw Self.notAllowed
                case .tooLarge:
                    throw WorkflowError(
                        .validation,
                        detail: "code, input and arguments have \(request.count) bytes; "
                            + "\(ProcessExchange.maximumRequestBytes) are taken at the most")
                case .timedOut:
                    throw WorkflowError(.timeout, detail: "the process did not end within \(Int(seconds)) s")
                case .broken:
                    throw WorkflowError(.communication, detail: "the connection to the plant's processes broke")
                }
            }
        }
        throw Self.notAllowed
    }

    private static let notAllowed = WorkflowError(
        .authorization,
        detail: "the plant's process policy allows no scripts and no shell commands; set the policy's `allow`")

    /// What the task returns: by `return`, and nothing where nobody waits.
    private static func output(of answer: JSONValue, as arguments: JSONValue) throws(WorkflowError) -> JSONValue {
        if let failure = answer["failure"] { throw error(failure) }
        guard let result = answer["result"], !result.isNull else { return .null }
        switch arguments["return"]?.stringValue ?? "stdout" {
        case "stderr": return result["stderr"] ?? .null
        case "code": return result["code"] ?? .null
        case "all": return result
        case "none": return .null
        default: return result["stdout"] ?? .null
        }
    }

    private static func error(_ failure: JSONValue) -> WorkflowError {
        let detail = failure["detail"]?.stringValue ?? "the process has no result"
        switch failure["kind"]?.stringValue {
        case "invalid-arguments": return WorkflowError(.validation, detail: detail)
        case "not-allowed": return WorkflowError(.authorization, detail: detail)
        case "configuration": return WorkflowError(.configuration, detail: detail)
        case "timeout": return WorkflowError(.timeout, detail: detail)
        case "busy": return WorkflowError(.communication, status: 503, detail: detail)
        case "cancelled": return WorkflowError(.communication, detail: detail)
        default: return WorkflowError(.runtime, detail: detail)
        }
    }
}
