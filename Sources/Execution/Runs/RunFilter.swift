import Database
package import JSON
package import Primitives
package import Workflow

/// Which runs are meant. Everything given must hold.
package struct RunFilter: Sendable, Hashable {
    package var statuses: Set<RunStatus>
    package var workflowID: WorkflowID?
    package var eventID: EventRecordID?
    package var businessKey: String?
    package var businessKeyPrefix: String?
    /// From and to are inclusive and exclusive.
    package var acceptedFrom: Timestamp?
    package var acceptedTo: Timestamp?
    package var endedFrom: Timestamp?
    package var endedTo: Timestamp?
    package var priorityFrom: Int?
    package var priorityTo: Int?
    /// The type of a faulted run's error.
    package var errorType: String?

    package init(
        statuses: Set<RunStatus> = [], workflowID: WorkflowID? = nil, eventID: EventRecordID? = nil,
        businessKey: String? = nil, businessKeyPrefix: String? = nil, acceptedFrom: Timestamp? = nil,
        acceptedTo: Timestamp? = nil, endedFrom: Timestamp? = nil, endedTo: Timestamp? = nil,
        priorityFrom: Int? = nil, priorityTo: Int? = nil, errorType: String? = nil
    ) {
        self.statuses = statuses
        self.workflowID = workflowID
        self.eventID = eventID
        self.businessKey = businessKey
        self.businessKeyPrefix = businessKeyPrefix
        self.acceptedFrom = acceptedFrom
        self.acceptedTo = acceptedTo
        self.endedFrom = endedFrom
        self.endedTo = endedTo
        self.priorityFrom = priorityFrom
        self.priorityTo = priorityTo
        self.errorType = errorType
    }

    /// How far a run's identifier and its acceptance may be apart, when clocks were set.
    private static let slackSeconds: Double = 3600

    /// ` AND …` for the table `run`. A condition that is not asked for is left out, so that each question uses its own index.
    /// The time of acceptance is also a range of the key, which bounds what has no index of its own.
    var conditions: Statement {
        var conditions: Statement = ""
        func add(_ condition: Statement) { conditions = "\(fragment: conditions) AND \(fragment: condition)" }
        if !statuses.isEmpty { add(Self.standing(statuses)) }
        if let workflowID { add("run.workflow_id = \(workflowID)") }
        if let businessKey { add("run.business_key = \(businessKey)") }
        if let prefix = businessKeyPrefix {
            // Unlike LIKE it tells nothing of a row that is not shown, so that row-level security lets it use the index.
            add("run.business_key ^@ \(prefix)")
        }
        if let event = eventID {
            // The runs of an event carry the first half of its identifier.
            add("run.run_id >= \(UUIDv7(high: event.raw.high, low: 0))")
            add("run.run_id <= \(UUIDv7(high: event.raw.high, low: .max))")
            add("run.event_id = \(event)")
        }
        if let acceptedFrom {
            add("run.accepted_at >= \(acceptedFrom)")
            add("run.run_id >= \(Self.key(acceptedFrom.adding(seconds: -Self.slackSeconds)))")
        }
        if let acceptedTo { add("run.accepted_at < \(acceptedTo)") }
        if let to = [acceptedTo, endedTo].compactMap({ $0 }).min() {
            add("run.run_id <= \(Self.key(to.adding(seconds: Self.slackSeconds)))")
        }
        if let endedFrom { add("run.ended_at >= \(endedFrom)") }
        if let endedTo { add("run.ended_at < \(endedTo)") }
        if let priorityFrom { add("run.priority >= \(Int32(clamping: priorityFrom))") }
        if let priorityTo { add("run.priority <= \(Int32(clamping: priorityTo))") }
        if let errorType { add("run.status = 'faulted' AND run.error ->> 'type' = \(errorType)") }
        return conditions
    }

    /// Written out, because each state that is looked for has an index of its own, and two have pending runs.
    private static func standing(_ statuses: Set<RunStatus>) -> Statement {
        let parts = statuses.sorted { $0.rawValue < $1.rawValue }.flatMap { status -> [Statement] in
            switch status {
            case .pending:
                [
                    "run.status = 'pending' AND run.queued_at IS NULL",
                    "run.status = 'pending' AND run.queued_at IS NOT NULL",
                ]
            case .running: ["run.status = 'running'"]
            case .waiting: ["run.status = 'waiting'"]
            case .suspended: ["run.status = 'suspended'"]
            case .completed: ["run.status = 'completed'"]
            case .faulted: ["run.status = 'faulted'"]
            case .cancelled: ["run.status = 'cancelled'"]
            }
        }
        let all = parts.dropFirst().reduce(parts.first ?? "false") { "\(fragment: $0) OR \(fragment: $1)" }
        return "(\(fragment: all))"
    }

    /// The newest runs that fit, as the table `run`.
    ///
    /// A workflow's runs are looked for in two parts, because those that have ended stand in an index of their own.
    /// - Parameters:
    ///   - owned: whose runs.
    ///   - further: ` AND …`.
    func newest(_ columns: StaticString, _ owned: Statement, _ further: Statement, limit: Int) -> Statement {
        func part(_ more: Statement) -> Statement {
            """
            (SELECT \(raw: columns)
            FROM millwright.run AS run
            WHERE \(fragment: owned)\(fragment: conditions)\(fragment: further)\(fragment: more)
            ORDER BY run.run_id DESC
            LIMIT \(limit))
            """
        }
        let isOfWorkflowAlone =
            workflowID != nil && statuses.isEmpty && eventID == nil && businessKey == nil && businessKeyPrefix == nil
            && errorType == nil
        guard isOfWorkflowAlone else { return "\(fragment: part("")) AS run" }
        let ended = part(" AND run.status IN ('completed', 'cancelled')")
        let others = part(" AND \(fragment: Self.standing([.pending, .running, .waiting, .suspended, .faulted]))")
        return "(\(fragment: ended) UNION ALL \(fragment: others)) AS run"
    }

    private static func key(_ moment: Timestamp) -> UUIDv7 {
        UUIDv7(high: (UInt64(max(0, moment.unixMilliseconds)) & 0xFFFF_FFFF_FFFF) << 16 | 0x7000, low: 0)
    }
}

extension RunFilter {
    /// The same filter gives the same text: a token names it.
    package var json: JSONValue {
        var object: JSONObject = [:]
        func add(_ key: String, _ value: JSONValue?) { if let value { object[key] = value } }
        if !statuses.isEmpty { add("statuses", .array(statuses.map(\.rawValue).sorted().map(JSONValue.string))) }
        add("workflow", workflowID.map { .string($0.description) })
        add("event", eventID.map { .string($0.description) })
        add("businessKey", businessKey.map(JSONValue.string))
        add("businessKeyPrefix", businessKeyPrefix.map(JSONValue.string))
        add("acceptedFrom", acceptedFrom.map { .string($0.description) })
        add("acceptedTo", acceptedTo.map { .string($0.description) })
        add("endedFrom", endedFrom.map { .string($0.description) })
        add("endedTo", endedTo.map { .string($0.description) })
        add("priorityFrom", priorityFrom.map { JSONValue($0) })
        add("priorityTo", priorityTo.map { JSONValue($0) })
        add("errorType", errorType.map(JSONValue.string))
        return .object(object)
    }

    /// - Throws: `.invalidRequest` with what cannot be read.
    package init(json: JSONValue) throws(Problem) {
        self.init()
        func wrong(_ key: String) -> Problem {
            Problem(
                .invalidRequest, "The filter cannot be used.",
                items: [.init(path: "/filter/\(key)", message: "Is not understood.")])
        }
        for (key, value) in json.objectValue ?? [:] {
            let text = value.stringValue
            if text?.unicodeScalars.contains("\0") == true { throw wrong(key) }
            switch key {
            case "statuses":
                for item in value.arrayValue ?? [] {
                    guard let status = RunStatus(rawValue: item.stringValue ?? "") else { throw wrong(key) }
                    statuses.insert(status)
                }
            case "workflow": workflowID = text.flatMap { WorkflowID($0) }
            case "event": eventID = text.flatMap { EventRecordID($0) }
            case "businessKey": businessKey = text
            case "businessKeyPrefix": businessKeyPrefix = text
            case "acceptedFrom": acceptedFrom = text.flatMap { Timestamp($0) }
            case "acceptedTo": acceptedTo = text.flatMap { Timestamp($0) }
            case "endedFrom": endedFrom = text.flatMap { Timestamp($0) }
            case "endedTo": endedTo = text.flatMap { Timestamp($0) }
            case "priorityFrom": priorityFrom = value.intValue
            case "priorityTo": priorityTo = value.intValue
            case "errorType": errorType = text
            default: throw wrong(key)
            }
            // A value that was not taken would make the filter wider than it was meant.
            guard self.json[key] != nil else { throw wrong(key) }
        }
    }
}
