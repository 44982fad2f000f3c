package import JSON
import NIOCore
package import Primitives

/// Performs `call: http` and `call: openapi` of the Open Workflow Specification 1.0.3: for a plant's runner and for a
/// definition that is tried on a laptop alike.
///
/// Everything goes through one client, and so through its egress rules: the call, its document, its tokens. Secrets take
/// the place of their markers here and nowhere else; they are in no error and in no output.
package struct HTTPTaskCaller: Sendable {
    /// The whole, when the task has no timeout of its own.
    private static let timeoutSeconds = 60.0
    private static let maximumResponseBytes = 4 << 20

    private let client: any HTTPExchange
    private let sender: AuthenticatedSender
    private let documents: DocumentSource
    private var secrets: any SecretSource

    /// - Parameters:
    ///   - tokens: shared by calls with the same policy.
    ///   - clock: dates the assertions with which a client names itself.
    package init(
        client: any HTTPExchange, tokens: TokenCache = TokenCache(), secrets: any SecretSource,
        clock: any WallClock = SystemWallClock()
    ) {
        self.client = client
        self.secrets = secrets
        sender = AuthenticatedSender(
            client: client, tokens: TokenFetcher(client: client, cache: tokens, clock: clock),
            digests: DigestSessions())
        documents = DocumentSource(sender: sender)
    }

    /// Whether a function is performed here.
    package static func isHTTPTask(_ function: String) -> Bool { function == "http" || function == "openapi" }

    /// The same with other secrets; tokens and documents are shared.
    package func taking(_ secrets: any SecretSource) -> HTTPTaskCaller {
        var caller = self
        caller.secrets = secrets
        return caller
    }

    /// The task's output.
    ///
    /// - Throws: `CallFailure`; of a status that is not accepted it is `communication` with that status.
    package func perform(_ call: HTTPTaskCall) async throws(CallFailure) -> JSONValue {
        var resolution = SecretResolution(runID: call.runID, source: secrets)
        do {
            return try await perform(call, &resolution)
        } catch {
            var failure = error
            failure.detail = resolution.shown.strict(failure.detail)
            throw failure
        }
    }

    private func perform(
        _ call: HTTPTaskCall, _ resolution: inout SecretResolution
    ) async throws(CallFailure) -> JSONValue {
        let deadline = NIODeadline.in(seconds: call.timeoutSeconds ?? Self.timeoutSeconds)
        let arguments = try CallArguments(try resolution.resolve(call.arguments))
        let plan = try await plan(call, arguments, deadline, &resolution)
        // A definition cannot say how to look up what it did; only a read may be made again after a crash.
        if call.mayHaveHappened, !plan.request.isSafe {
            throw CallFailure(.outcomeUnknown, "outcome unknown: the call was under way when its runner went away")
        }
        let response = try await send(plan, deadline, &resolution)
        let accepted = plan.acceptsRedirection ? 200..<400 : 200..<300
        guard accepted.contains(response.status) else {
            throw CallFailure(
                .communication, status: response.status,
                "\(plan.request.address.authority) answered \(response.status)"
                    + ProblemExcerpt.text(of: response, without: resolution.shown))
        }
        return try CallOutput(plan: plan, response: response, redaction: resolution.shown).value()
    }

    private func plan(
        _ call: HTTPTaskCall, _ arguments: CallArguments, _ deadline: NIODeadline, _ resolution: inout SecretResolution
    ) async throws(CallFailure) -> RequestPlan {
        switch call.function {
        case "http": return try RequestPlan(http: arguments, idempotencyKey: call.idempotencyKey)
        case "openapi":
            let given = arguments.value["document"]
            let endpoint = try CallEndpoint(given?["endpoint"] ?? given, "document.endpoint")
            let document = try await documents.document(at: endpoint, deadline: deadline, secrets: &resolution)
            return try OpenAPICall(document: document, arguments: arguments, idempotencyKey: call.idempotencyKey).plan()
        default: throw CallFailure(.configuration, "`\(call.function)` is neither http nor openapi")
        }
    }

    private func send(
        _ plan: RequestPlan, _ deadline: NIODeadline, _ resolution: inout SecretResolution
    ) async throws(CallFailure) -> OutboundResponse {
        do {
            let policy = try plan.authentication.map {
                (value) throws(CallFailure) in try AuthenticationPolicy(value, secrets: &resolution)
            }
            return try await sender.send(
                plan.request, policy, limits: CallLimits(maximumResponseBytes: Self.maximumResponseBytes),
                deadline: deadline, secrets: &resolution)
        } catch let failure as OutboundFailure {
            throw CallFailure(ofCall: failure, isSafe: plan.request.isSafe)
        } catch let failure as CallFailure {
            throw failure
        } catch {
            throw CallFailure(.communication, "the call failed for no known reason")
        }
    }
}
