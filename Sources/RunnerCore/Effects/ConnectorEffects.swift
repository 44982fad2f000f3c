package import Connectors
import JSON
package import NIOCore
package import Primitives
package import RunnerProtocol
import Workflow

/// Performs a runner's effects: capabilities through the plant's connections, `call: http` and `call:
/// openapi`.
package final class ConnectorEffects: EffectPerformer, SettingsAdopter {
    private let connections: ConnectionDirectory
    private let tasks: HTTPTaskCaller
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
        // Each task brings the secrets of its own definition.
        tasks = HTTPTaskCaller(client: client, secrets: GivenSecrets([:]))
        processes = ProcessEffect(socketPath: processSocket, loop: loop)
        self.capabilities = capabilities
        self.plantID = plantID
    }

    package func adopt(_ settings: PlantSettings) { connections.adopt(settings.connections) }

    package func perform(_ effect: Effect) async -> EffectResult {
        if ProcessEffect.performs(effect.request.function) {
            return await processes.perform(effect) { (source) throws(CallFailure) in try await perform(task: source) }
        }
        do {
            if HTTPTaskCaller.isHTTPTask(effect.request.function) { return .succeeded(try await perform(task: effect)) }
            return try await call(effect)
        } catch {
            return error.kind == .cancelled ? .givenUp : .failed(error.workflowError)
        }
    }

    private func perform(task effect: Effect) async throws(CallFailure) -> JSONValue {
        let plant = plantID ?? effect.program.plantID
        let call = HTTPTaskCall(
            function: effect.request.function, arguments: effect.request.arguments,
            runID: effect.request.secretScope ?? effect.id.runID.description,
            idempotencyKey: effect.idempotencyKey, timeoutSeconds: effect.request.timeoutSeconds,
            mayHaveHappened: effect.mayHaveHappened)
        let secrets = ConnectionSecrets(
            connections: connections, declared: effect.program.definition.secrets, plant: plant)
        return try await tasks.taking(secrets).perform(call)
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
        let error = standardError
        return WorkflowError(
            StandardErrorType(rawValue: error.type) ?? .runtime, status: error.status, detail: error.detail)
    }
}
