package import JSON
package import Primitives
package import Workflow

/// The one call between a runner and the control plane: what was finished goes up, what is next comes down.
/// One request is one round trip and at most one database transaction.
package struct SyncRequest: Sendable {
    package static let currentVersion = 1

    package var version: Int
    package var runnerID: RunnerID
    /// The epoch that the runner was started with. An older one than the plant's current is refused as a whole.
    package var epoch: Int64
    /// The runner's ephemeral HPKE public key, 32 bytes of X25519: credentials are sealed to it.
    package var publicKey: [UInt8]
    package var commits: [RunCommit]
    /// How many more runs the runner can take now.
    package var capacity: Int
    /// How long the control plane may hold the call open when there is nothing to do, in milliseconds. Verdicts wait with
    /// it; a newer call with capacity ends the wait.
    package var waitMilliseconds: Int
    /// Digests of the definitions that the runner already has.
    package var knownDefinitions: [String]
    /// The revision of the plant's settings (connections, egress, policy) that the runner has; 0 for none.
    package var settingsRevision: Int64
    /// The runner finishes what it has and takes nothing new.
    package var isDraining: Bool
    /// True in the first call of a runner: it holds nothing, so runs that an earlier runner held are handed out again.
    package var isFirst: Bool

    package init(
        version: Int = Self.currentVersion, runnerID: RunnerID, epoch: Int64, publicKey: [UInt8],
        commits: [RunCommit] = [], capacity: Int, waitMilliseconds: Int, knownDefinitions: [String] = [],
        settingsRevision: Int64 = 0, isDraining: Bool = false, isFirst: Bool = false
    ) {
        self.version = version
        self.runnerID = runnerID
        self.epoch = epoch
        self.publicKey = publicKey
        self.commits = commits
        self.capacity = capacity
        self.waitMilliseconds = waitMilliseconds
        self.knownDefinitions = knownDefinitions
        self.settingsRevision = settingsRevision
        self.isDraining = isDraining
        self.isFirst = isFirst
    }
}

/// The outcome of advancing one run, to be recorded exactly once.
package struct RunCommit: Sendable {
    package var runID: RunID
    /// The run's transition number that the work item carried; the commit is refused when the database has moved on.
    package var expectedSequence: Int64
    package var status: RunStatus
    /// The state after the advance; `nil` when the run is final.
    package var state: JSONValue?
    package var output: JSONValue?
    package var error: JSONValue?
    package var journal: [JournalEntry]
    /// Waits that were opened and that the control plane performs (human tasks, timers, events, other runs),
    /// and calls, which the runner performs once this commit is confirmed.
    package var opened: [Wait]
    package var closed: [String]
    /// Every timer that is open after this commit, new or not: the control plane answers them when they are due.
    package var timers: [OpenTimer]
    package var emitted: [JSONValue]
    /// Delivered inputs that the advance consumed (`DeliveredInput.number`).
    package var consumedInputs: [Int64]
    /// Of a run that faulted: where it stood, so that an operator can let it go on.
    package var checkpoint: JSONValue?
    /// Why what the run did cannot be told at all: it takes more than a message may have, or the control plane cannot read it.
    /// Then nothing of it is recorded, and the control plane ends the run as one whose commit it refuses itself.
    package internal(set) var refusal: String?
    /// Values of the journal that the message told by the number of an earlier one, by their own number: an entry's input has
    /// twice the entry's position, its output one more. They are the same text.
    package internal(set) var repeatedValues: [Int: Int] = [:]

    package init(
        runID: RunID, expectedSequence: Int64, status: RunStatus, state: JSONValue?, output: JSONValue? = nil,
        error: JSONValue? = nil, journal: [JournalEntry] = [], opened: [Wait] = [], closed: [String] = [],
        timers: [OpenTimer] = [], emitted: [JSONValue] = [], consumedInputs: [Int64] = [],
        checkpoint: JSONValue? = nil
    ) {
        self.runID = runID
        self.expectedSequence = expectedSequence
        self.status = status
        self.state = state
        self.output = output
        self.error = error
        self.journal = journal
        self.opened = opened
        self.closed = closed
        self.timers = timers
        self.emitted = emitted
        self.consumedInputs = consumedInputs
        self.checkpoint = checkpoint
    }
}

extension RunCommit {
    /// Takes the place of a commit that cannot be told.
    package init(refusing commit: RunCommit, because reason: String) {
        self.init(runID: commit.runID, expectedSequence: commit.expectedSequence, status: .faulted, state: nil)
        refusal = reason
    }
}

/// A timer wait, as far as the control plane needs it.
package struct OpenTimer: Sendable, Hashable {
    package var waitID: String
    package var dueAt: Timestamp

    package init(waitID: String, dueAt: Timestamp) {
        self.waitID = waitID
        self.dueAt = dueAt
    }
}

package struct SyncResponse: Sendable {
    /// One for each commit of the request, in order.
    package var verdicts: [CommitVerdict]
    package var work: [WorkItem]
    /// Definitions that `work` needs and the runner did not name as known.
    package var definitions: [DefinitionEnvelope]
    /// The plant's settings, when the runner's revision is old.
    package var settings: PlantSettings?
    /// The runner must finish its current effects, commit, and exit.
    package var mustStop: Bool

    package init(
        verdicts: [CommitVerdict] = [], work: [WorkItem] = [], definitions: [DefinitionEnvelope] = [],
        settings: PlantSettings? = nil, mustStop: Bool = false
    ) {
        self.verdicts = verdicts
        self.work = work
        self.definitions = definitions
        self.settings = settings
        self.mustStop = mustStop
    }
}

package enum CommitVerdict: String, Sendable, CaseIterable {
    /// Recorded; also the answer to the same commit again, when the first answer was lost.
    case committed
    /// The run moved on without this runner (cancelled, suspended, already committed). The runner drops what it holds.
    case conflict
    /// The commit itself broke a rule that the database checks; the run was faulted. The runner drops what it holds.
    case refused
}

/// A run to start or to go on with.
///
/// It may name a run that the runner has in hand: then the inputs that the runner does not know yet (by wait) are for
/// that run, and the rest of the item is ignored. So the control plane may forget what it handed out and say it again.
package struct WorkItem: Sendable {
    package var runID: RunID
    package var workflowID: WorkflowID
    /// Names the `DefinitionEnvelope`.
    package var definitionDigest: String
    package var sequence: Int64
    /// `nil` for a run that has not started.
    package var state: JSONValue?
    /// The run's input (the event's envelope for an event-started run).
    package var input: JSONValue
    /// When the run was accepted: the `at` of its start.
    package var acceptedAt: Timestamp
    /// Answers to waits, in order of arrival. A timer's answer is not stored and has the number 0.
    package var inputs: [DeliveredInput]
    /// The run was handed to an earlier runner that went away: an effect that is open may already have happened.
    package var isRecovered: Bool

    package init(
        runID: RunID, workflowID: WorkflowID, definitionDigest: String, sequence: Int64, state: JSONValue?,
        input: JSONValue, acceptedAt: Timestamp, inputs: [DeliveredInput] = [], isRecovered: Bool = false
    ) {
        self.runID = runID
        self.workflowID = workflowID
        self.definitionDigest = definitionDigest
        self.sequence = sequence
        self.state = state
        self.input = input
        self.acceptedAt = acceptedAt
        self.inputs = inputs
        self.isRecovered = isRecovered
    }
}

/// An `EngineInput` that the control plane stored for a run.
package struct DeliveredInput: Sendable {
    package var number: Int64
    package var input: EngineInput

    package init(number: Int64, input: EngineInput) {
        self.number = number
        self.input = input
    }
}

/// A workflow as a runner needs it.
package struct DefinitionEnvelope: Sendable {
    /// SHA-256 of the canonical document and the parameter values, lower-case hex.
    package var digest: String
    /// The Open Workflow document.
    package var document: JSONValue
    /// The plant's parameter values, seen by expressions as `$context.parameters` from the start of the run.
    package var parameters: JSONValue
    /// Capability → connection, as bound in this workflow: `{"work-orders": "<connection id>"}`.
    package var bindings: [String: ConnectionID]
    /// Names for `$workflow`/`$runtime` and for messages: `{"id":…,"name":…,"plant":{…},"client":{…}}`.
    package var facts: JSONValue

    package init(
        digest: String, document: JSONValue, parameters: JSONValue, bindings: [String: ConnectionID], facts: JSONValue
    ) {
        self.digest = digest
        self.document = document
        self.parameters = parameters
        self.bindings = bindings
        self.facts = facts
    }
}

/// What a plant's runner needs to act, sealed to this runner.
package struct PlantSettings: Sendable {
    package var revision: Int64
    package var connections: [ConnectionEnvelope]
    /// Most runs that the runner may have in hand.
    package var maximumRunsInHand: Int
    /// Most effects under way at once.
    package var maximumEffects: Int

    package init(revision: Int64, connections: [ConnectionEnvelope], maximumRunsInHand: Int, maximumEffects: Int) {
        self.revision = revision
        self.connections = connections
        self.maximumRunsInHand = maximumRunsInHand
        self.maximumEffects = maximumEffects
    }
}

/// One connection: the connector's description, this plant's configuration, and the credential, sealed.
package struct ConnectionEnvelope: Sendable {
    package var id: ConnectionID
    package var name: String
    /// The connector description (see `Connectors/Contract`), as JSON.
    package var connector: JSONValue
    /// Base address and other settings of this connection.
    package var configuration: JSONValue
    package var credential: SealedCredential?
    /// The credential goes to the hosts of this connection alone: no workflow has it as a secret.
    package var isCredentialBound: Bool

    package init(
        id: ConnectionID, name: String, connector: JSONValue, configuration: JSONValue, credential: SealedCredential?,
        isCredentialBound: Bool = false
    ) {
        self.id = id
        self.name = name
        self.connector = connector
        self.configuration = configuration
        self.credential = credential
        self.isCredentialBound = isCredentialBound
    }
}

/// A credential that only one runner can open (RFC 9180, base mode, X25519, HKDF-SHA256, AES-256-GCM).
package struct SealedCredential: Sendable, Hashable {
    package var credentialID: CredentialID
    package var version: Int
    /// The encapsulated key.
    package var encapsulatedKey: [UInt8]
    package var ciphertext: [UInt8]

    package init(credentialID: CredentialID, version: Int, encapsulatedKey: [UInt8], ciphertext: [UInt8]) {
        self.credentialID = credentialID
        self.version = version
        self.encapsulatedKey = encapsulatedKey
        self.ciphertext = ciphertext
    }
}
