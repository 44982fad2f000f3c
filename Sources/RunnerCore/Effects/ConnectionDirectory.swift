import Connectors
import JSON
import Logging
import NIOCore
import Primitives
import RunnerProtocol
import Synchronization

/// The plant's connections as this runner can use them. A connection is set up when it is first needed, and again when
/// its settings changed.
final class ConnectionDirectory: Sendable {
    private struct Entry {
        var envelope: ConnectionEnvelope
        /// Kept through a change of settings that does not concern this connection: it holds rate limit and tokens.
        var client: ConnectionClient?
    }

    private let entries = Mutex<[ConnectionID: Entry]>([:])
    private let opener: CredentialOpener
    private let client: OutboundClient
    private let dialer: any EgressDialer
    private let loop: any EventLoop

    init(opener: CredentialOpener, client: OutboundClient, dialer: any EgressDialer, loop: any EventLoop) {
        self.opener = opener
        self.client = client
        self.dialer = dialer
        self.loop = loop
    }

    func adopt(_ envelopes: [ConnectionEnvelope]) {
        entries.withLock { entries in
            let old = entries
            entries = [:]
            for envelope in envelopes {
                let kept = old[envelope.id].flatMap { $0.envelope.means(envelope) ? $0.client : nil }
                entries[envelope.id] = Entry(envelope: envelope, client: kept)
            }
        }
    }

    /// - Parameter plant: whom the credentials are sealed to.
    func client(for id: ConnectionID, plant: PlantID?) throws(CallFailure) -> ConnectionClient {
        guard let entry = entries.withLock({ $0[id] }) else {
            throw CallFailure(.configuration, "the plant has no connection \(id)")
        }
        if let client = entry.client { return client }
        let made = ConnectionClient(
            connection: try connection(entry.envelope, plant), client: client, dialer: dialer, loop: loop)
        entries.withLock { entries in
            if entries[id]?.envelope.means(entry.envelope) == true { entries[id]?.client = made }
        }
        return made
    }

    /// The credential of the connection of that name, for a workflow's own calls; `nil` when there is none, none that this
    /// runner can open, or one that goes to the hosts of its connection alone.
    func credential(named name: String, plant: PlantID?) -> Redacted<[UInt8]>? {
        let sealed = entries.withLock { entries in
            entries.values.first { $0.envelope.name == name && !$0.envelope.isCredentialBound }?.envelope.credential
        }
        guard let sealed, let plant else { return nil }
        return try? opener.open(sealed, for: plant)
    }

    private func connection(_ envelope: ConnectionEnvelope, _ plant: PlantID?) throws(CallFailure) -> Connection {
        var plaintext: Redacted<[UInt8]>?
        if let sealed = envelope.credential {
            guard let plant else {
                throw CallFailure(.configuration, "the credential of \(envelope.name) needs the plant's identity")
            }
            do {
                plaintext = try opener.open(sealed, for: plant)
            } catch {
                throw CallFailure(.configuration, error.description)
            }
        }
        do {
            return try Connection(
                id: envelope.id, name: envelope.name, connector: envelope.connector,
                configuration: envelope.configuration, credential: plaintext)
        } catch {
            throw CallFailure(.configuration, "the connection \(envelope.name) cannot be used: \(error)")
        }
    }
}

extension ConnectionEnvelope {
    /// Whether both are the same connection with the same settings. A credential is sealed anew for each answer, so its
    /// version counts and not its bytes.
    fileprivate func means(_ other: ConnectionEnvelope) -> Bool {
        id == other.id && name == other.name && connector == other.connector && configuration == other.configuration
            && credential?.credentialID == other.credential?.credentialID
            && credential?.version == other.credential?.version
    }
}
