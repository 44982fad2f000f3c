package import Connectors
import JSON
package import NIOCore
package import Primitives
package import RunnerProtocol
import Workflow

/// Performs a runner's effects: capabilities through the plant's connections, and `call: http`.
package final class ConnectorEffects: EffectPerformer, SettingsAdopter {
    private let connections: ConnectionDirectory
    private let http: HTTPCallEffect
    private let processes: ProcessEffect
    private let capabilities: CapabilityTable
    private let plantID: PlantID?

    /// - Parameters:
    ///   - plantID: `nil` leaves it to the facts of the definitions.
    ///   - processSocket: where scripts and shell commands are run; `nil` refuses them.
    package init(
        opener: CredentialOpener, dialer: any EgressDialer, loop: any EventLoop, plantID: PlantID?,
        processSocket: String? = nil, capabilities: CapabilityTable = .standard
    ) {
        let client = OutboundClient(dialer: dialer)
        connections = ConnectionDirectory(opener: opener, client: client, dialer: dialer, loop: loop)
        http = HTTPCallEffect(client: client)
        processes = ProcessEffect(socketPath: processSocket, loop: loop, http: http)
        self.capabilities = capabilities
        self.plantID = plantID
    }

    package func adopt(_ settings: PlantSettings) { connections.adopt(settings.connections) }

    package func perform(_ effect: Effect) async -> EffectResult {
        if ProcessEffect.performs(effect.request.function) { return await processes.perform(effect) }
        do {
            if effect.request.function == "http" { return .succeeded(try await http.perform(effect)) }
            return try await call(effect)
        } catch {
            return error.kind == .cancelled ? .givenUp : .failed(error.workflowError)
        }
    }

    private func call(_ effect: Effect) async throws(CallFailure) -> EffectResult {
        guard let operation = capabilities.operation(function: effect.request.function) else {
            throw CallFailure(.configuration, "this runner does not know the function \(effect.request.function)")
        }
        guard let id = effect.program.bindings[operation.capability] else {
            throw CallFailure(.configuration, "the workflow binds no connection to \(operation.capability)")
        }
        let client = try connections.client(for: id, plant: plantID ?? effect.program.plantID)
        let call = CapabilityCall(
            operation: operation, arguments: effect.request.arguments, idempotencyKey: effect.idempotencyKey,
            timeoutSeconds: effect.request.timeoutSeconds, mayHaveHappened: effect.mayHaveHappened)
        switch await client.perform(call) {
        case .succeeded(let result): return .succeeded(result)
        case .failed(let failure): throw failure
        }
    }
}

extension CallFailure {
    /// In the specification's terms, so that a definition can catch it.
    var workflowError: WorkflowError {
        switch kind {
        case .invalidArguments: WorkflowError(.validation, detail: detail)
        case .configuration: WorkflowError(.configuration, detail: detail)
        case .authentication: WorkflowError(.authentication, status: status, detail: detail)
        case .authorization: WorkflowError(.authorization, status: status, detail: detail)
        case .timeout: WorkflowError(.timeout, detail: detail)
        case .communication: WorkflowError(.communication, status: status, detail: detail)
        case .outcomeUnknown: WorkflowError(.communication, status: status, detail: withMark)
        case .cancelled: WorkflowError(.communication, detail: detail)
        }
    }

    /// Definitions and people tell this error by its words.
    private var withMark: String { detail.hasPrefix("outcome unknown") ? detail : "outcome unknown: \(detail)" }
}
