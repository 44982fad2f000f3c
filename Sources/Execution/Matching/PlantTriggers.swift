package import JSON
package import Primitives
import Workflow

/// A plant's workflows and what starts them, compiled, as of one revision.
package struct PlantTriggers: Sendable {
    package struct Workflow: Sendable, Hashable {
        package var id: WorkflowID
        package var name: String
        package var digest: String
        package var isEnabled: Bool
        /// The document's own name, by which other workflows of the plant call it.
        package var namespace: String
        package var documentName: String
        package var version: String
    }

    struct Trigger: Sendable {
        var workflow: Workflow
        var filter: CompiledEventFilter
    }

    /// `millwright.trigger_revision` at the time of reading.
    package let revision: Int64
    package let workflows: [Workflow]
    /// By event type; the empty text holds those that take any type.
    private let triggers: [String: [Trigger]]
    /// The enabled workflows that several events start together.
    let sets: [EventSetPlan]
    private let schemas: [String: [JSONSchema]]
    /// Of the workflows that have one.
    let policies: [WorkflowID: StartPolicy]

    init(
        revision: Int64, workflows: [Workflow], triggers: [String: [Trigger]], sets: [EventSetPlan] = [],
        schemas: [String: [JSONSchema]], policies: [WorkflowID: StartPolicy] = [:]
    ) {
        self.revision = revision
        self.workflows = workflows
        self.triggers = triggers
        self.sets = sets
        self.schemas = schemas
        self.policies = policies
    }

    /// What the plant's enabled workflows expect of the data of such an event.
    package func schemas(for type: String) -> [JSONSchema] { schemas[type] ?? [] }

    /// Whether events of these types are gathered, which is decided inside the transaction that stores them.
    func gathers(_ types: some Sequence<String>) -> Bool {
        !sets.isEmpty && types.contains { type in sets.contains { $0.types.contains(type) } }
    }

    /// Each enabled workflow that the event starts alone, once, in a fixed order.
    func workflows(startedBy event: EventRecord) -> [Workflow] {
        let candidates = (triggers[event.type] ?? []) + (triggers[""] ?? [])
        guard !candidates.isEmpty else { return [] }
        let envelope = event.envelope
        var started: [Workflow] = []
        for trigger in candidates where !started.contains(where: { $0.id == trigger.workflow.id }) {
            if trigger.filter.matches(envelope) { started.append(trigger.workflow) }
        }
        return started
    }

    /// The enabled workflow whose document has this name; `latest`, or the exact version.
    func workflow(namespace: String, name: String, version: String) -> Workflow? {
        workflows.last {
            $0.isEnabled && $0.namespace == namespace && $0.documentName == name
                && (version == "latest" || $0.version == version)
        }
    }

    /// The runs that the event starts: they carry the event's own time and counter, so that they stand together.
    func runs(startedBy event: EventRecord, causes: RunCauses) -> [NewRun] {
        workflows(startedBy: event).map { workflow in
            var run = NewRun(
                id: RunID(OrderedIdentifiers.identifier(high: event.id.raw.high)), workflowID: workflow.id,
                definitionDigest: workflow.digest, acceptedAt: event.receivedAt, origin: .event(event),
                chainDepth: event.chainDepth, businessKey: event.subject?.prefix(utf8: NewRun.maximumBusinessKeyBytes),
                causes: causes)
            if let policy = policies[workflow.id] { policy.apply(to: &run, event.envelope) }
            return run
        }
    }
}

extension String {
    /// At most so many bytes of UTF-8, without half a character at the end.
    func prefix(utf8 limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
