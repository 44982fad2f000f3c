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
    /// Whether events of a type cost more than a look at their attributes: a trigger has a condition, or its workflow's policy
    /// an expression. Most plants have none.
    private let computedTypes: Set<String>

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
        computedTypes = Set(
            triggers.lazy.filter { _, triggers in
                triggers.contains {
                    $0.filter.hasCondition || policies[$0.workflow.id]?.hasExpressions == true
                }
            }.map(\.key))
    }

    /// What the plant's enabled workflows expect of the data of such an event.
    package func schemas(for type: String) -> [JSONSchema] { schemas[type] ?? [] }

    /// Whether events of these types are gathered, which is decided inside the transaction that stores them.
    func gathers(_ types: some Sequence<String>) -> Bool {
        !sets.isEmpty && types.contains { type in sets.contains { $0.types.contains(type) } }
    }

    /// Whether something is computed of an event of the type to know what it starts.
    func computes(_ type: String) -> Bool {
        !computedTypes.isEmpty && (computedTypes.contains(type) || computedTypes.contains(""))
    }

    /// Each enabled workflow that the event starts alone, once, in a fixed order.
    private func workflows(startedBy event: EventRecord, _ allowance: inout EvaluationAllowance) -> [Workflow] {
        let candidates = (triggers[event.type] ?? []) + (triggers[""] ?? [])
        guard !candidates.isEmpty else { return [] }
        let envelope = event.envelope
        var started: [Workflow] = []
        for trigger in candidates where !started.contains(where: { $0.id == trigger.workflow.id }) {
            if trigger.filter.matches(envelope, &allowance) { started.append(trigger.workflow) }
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
    /// - Parameter allowance: when it is spent, not all are among them.
    func runs(startedBy event: EventRecord, causes: RunCauses, _ allowance: inout EvaluationAllowance) -> [NewRun] {
        let started = workflows(startedBy: event, &allowance)
        guard !started.isEmpty else { return [] }
        var runs: [NewRun] = []
        runs.reserveCapacity(started.count)
        for workflow in started {
            var run = NewRun(
                id: RunID(OrderedIdentifiers.identifier(high: event.id.raw.high)), workflowID: workflow.id,
                definitionDigest: workflow.digest, acceptedAt: event.receivedAt, origin: .event(event),
                chainDepth: event.chainDepth, businessKey: event.subject?.prefix(utf8: NewRun.maximumBusinessKeyBytes),
                causes: causes)
            if let policy = policies[workflow.id] { policy.apply(to: &run, event.envelope, &allowance) }
            runs.append(run)
        }
        return runs
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
