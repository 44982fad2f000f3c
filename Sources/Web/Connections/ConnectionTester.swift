package import Catalogue
import Connectors
import Primitives
import RunnerProtocol
import Synchronization
import Tenancy
package import Vault

/// Performs the test of a plant's connection in the control plane: the same description, credential and egress rules
/// as in the plant's runner, without a workflow.
final class ConnectionTester: Sendable {
    /// A person waits for it.
    static let timeoutSeconds = 20.0
    /// Each holds a connection to a system that may be slow; more than this is refused.
    static let maximumAtOnce = 16

    private let connections: ConnectionDirectory
    private let vault: Vault
    private let egress: EgressDirectory
    private let privateNetworks: PrivateNetworks
    private let underWay = Mutex(0)

    init(
        connections: ConnectionDirectory, vault: Vault, egress: EgressDirectory, privateNetworks: PrivateNetworks
    ) {
        self.connections = connections
        self.vault = vault
        self.egress = egress
        self.privateNetworks = privateNetworks
    }

    func test(
        _ id: ConnectionID, in scope: TenantScope, by actor: Actor
    ) async throws -> (connection: PlantConnection, report: ConnectionTestReport) {
        let connection = try await connections.connection(id, in: scope)
        try enter()
        defer { underWay.withLock { $0 -= 1 } }
        let report = try await report(connection, scope)
        // Not a child: the credential was used, so that the audit must say it, also when the caller has gone meanwhile.
        try await Task { [connections] in
            try await connections.recordTest(
                of: connection, failure: report.failure?.reason.rawValue, in: scope, by: actor)
        }.value
        return (connection, report)
    }

    private func enter() throws(Problem) {
        let isFull = underWay.withLock { count in
            if count >= Self.maximumAtOnce { return true }
            count += 1
            return false
        }
        if isFull { throw Problem(.tooManyRequests, "Too many connections are being tested. Try again in a moment.") }
    }

    private func report(_ stored: PlantConnection, _ scope: TenantScope) async throws -> ConnectionTestReport {
        let policy = EgressPolicy(try await egress.rules(of: scope), within: privateNetworks)
        let credential: Redacted<[UInt8]>?
        do {
            credential = try await self.credential(of: stored, scope)
        } catch let problem as Problem where problem.code == .notFound {
            return ConnectionTestReport(
                notBegunBecause: .credential, "the connection's credential does not exist any more",
                advice: "Give the connection another credential.")
        } catch let problem as Problem where problem.code == .forbidden {
            return ConnectionTestReport(
                notBegunBecause: .credential, problem.detail,
                advice: "Nothing was asked. Use another credential, or have its hosts changed.")
        }
        let connection: Connection
        do {
            connection = try Connection(
                id: stored.id, name: stored.name, connector: stored.connector, configuration: stored.configuration,
                credential: credential)
        } catch {
            return ConnectionTestReport(error)
        }
        return await connection.test(under: policy, timeoutSeconds: Self.timeoutSeconds)
    }

    /// Sealed to a key of this one call, on the way that a runner's settings take: the vault has no other way out, and
    /// a credential of another plant does not exist.
    private func credential(of connection: PlantConnection, _ scope: TenantScope) async throws -> Redacted<[UInt8]>? {
        guard let use = CredentialUse(of: connection) else { return nil }
        guard let plant = scope.plantID else { throw Problem.notFound("plant") }
        let opener = CredentialOpener()
        return try opener.open(try await vault.seal(use, for: scope, to: opener.publicKey), for: plant)
    }
}

extension CredentialUse {
    /// `nil` where the connection has no credential.
    package init?(of connection: PlantConnection) {
        guard let id = connection.credentialID else { return nil }
        self.init(
            id,
            towards: Connection.credentialDestinations(
                connector: connection.connector, configuration: connection.configuration))
    }
}
