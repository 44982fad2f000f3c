import Database
import JSON
import Primitives

/// Who is behind a run: none of them decides its four-eyes tasks. A run of several events has all their senders; what a run
/// starts, or what follows from its events, has those of the run.
struct RunCauses: Sendable, Hashable {
    /// Principals, each once, in the order in which they came.
    private(set) var initiators: [PrincipalID] = []
    /// Whom data names as having asked for it.
    private(set) var requesters: [String] = []

    init(initiator: PrincipalID? = nil, requestedBy: String? = nil) {
        if let initiator { initiators = [initiator] }
        if let requestedBy { requesters = [requestedBy] }
    }

    mutating func add(_ others: RunCauses) {
        initiators += others.initiators.filter { !initiators.contains($0) }
        requesters += others.requesters.filter { !requesters.contains($0) }
    }

    var initiator: PrincipalID? { initiators.first }
    var requestedBy: String? { requesters.first }
    /// `nil` for nobody, which the column says with NULL.
    var furtherInitiators: [PrincipalID]? { initiators.count > 1 ? Array(initiators.dropFirst()) : nil }
    var furtherRequesters: [String]? { requesters.count > 1 ? Array(requesters.dropFirst()) : nil }

    var hasFurther: Bool { initiators.count > 1 || requesters.count > 1 }

    /// `{"initiators": [...], "requesters": [...]}`: those after the first.
    var further: JSONValue {
        [
            "initiators": .texts(initiators.dropFirst().map(\.description)),
            "requesters": .texts(Array(requesters.dropFirst())),
        ]
    }
}

extension RunCauses {
    /// From the columns of a run.
    init(row: Row) throws {
        self.init(
            initiator: try row.decode("initiator_principal_id", as: PrincipalID?.self),
            requestedBy: try row.decode("requested_by", as: String?.self))
        initiators += try row.decode("further_initiators", as: [PrincipalID]?.self) ?? []
        requesters += try row.decode("further_requesters", as: [String]?.self) ?? []
    }
}
