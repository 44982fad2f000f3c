import Database
import JQ
import JSON
package import Primitives
import Workflow

/// How many runs of a workflow go on at once, how fast they start, and what its events' runs are called.
package struct WorkflowPolicy: Sendable, Hashable {
    /// Runs that are open at once, suspended ones included; `nil` for any number.
    package var maxConcurrent: Int?
    /// `nil` for any number. `burst` may start at once after a pause.
    package var maxStartsPerMinute: Int?
    package var burst: Int?
    /// jq on the event that starts a run; `nil` for the event's subject.
    package var businessKey: String?
    /// jq on the event; a number from 0 to 100.
    package var priority: String?
    /// An event starts no run when there is one with the same business key.
    package var deduplicate: Deduplication?

    package init(
        maxConcurrent: Int? = nil, maxStartsPerMinute: Int? = nil, burst: Int? = nil, businessKey: String? = nil,
        priority: String? = nil, deduplicate: Deduplication? = nil
    ) {
        self.maxConcurrent = maxConcurrent
        self.maxStartsPerMinute = maxStartsPerMinute
        self.burst = burst ?? maxStartsPerMinute.map { max(1, min($0 / 60, 100_000)) }
        self.businessKey = businessKey
        self.priority = priority
        self.deduplicate = deduplicate
    }

    package static let maximumExpressionBytes = RunMetadata.maximumExpressionBytes

    package var isLimited: Bool { maxConcurrent != nil || maxStartsPerMinute != nil }

    /// - Throws: `.invalidRequest` with everything that is wrong.
    package func check() throws(Problem) {
        var items: [Problem.Item] = []
        func check(_ value: Int?, _ range: ClosedRange<Int>, _ path: String) {
            guard let value, !range.contains(value) else { return }
            items.append(.init(path: path, message: "Must be from \(range.lowerBound) to \(range.upperBound)."))
        }
        check(maxConcurrent, 1...100_000, "/maxConcurrent")
        check(maxStartsPerMinute, 1...1_000_000, "/maxStartsPerMinute")
        check(burst, 1...100_000, "/burst")
        if burst != nil, maxStartsPerMinute == nil {
            items.append(.init(path: "/burst", message: "Belongs to maxStartsPerMinute."))
        }
        for (path, source) in [("/businessKey", businessKey), ("/priority", priority)] {
            guard let source else { continue }
            do throws(Problem) {
                _ = try EventExpression(source)
            } catch {
                items.append(.init(path: path, message: error.detail))
            }
        }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The policy cannot be used.", items: items) }
    }

    init(row: Row) throws {
        maxConcurrent = try row.decode("max_concurrent", as: Int?.self)
        maxStartsPerMinute = try row.decode("max_starts_per_minute", as: Int?.self)
        burst = try row.decode("burst", as: Int?.self)
        businessKey = try row.decode("business_key", as: String?.self)
        priority = try row.decode("priority", as: String?.self)
        deduplicate = try row.decode("deduplicate", as: String?.self).flatMap(Deduplication.init(rawValue:))
    }
}

/// jq that is asked about an event, with a small budget: it is evaluated while the event's sender waits.
struct EventExpression: Sendable {
    static let budget = EventBudgets.expression

    private let program: JQProgram

    /// - Parameter source: with or without `${ … }`.
    init(_ source: String) throws(Problem) {
        guard !source.unicodeScalars.contains("\0") else {
            throw Problem(.invalidRequest, "Must not hold the character NUL.")
        }
        var text = source
        if text.hasPrefix("${"), text.hasSuffix("}") { text = String(text.dropFirst(2).dropLast()) }
        guard text.utf8.count <= WorkflowPolicy.maximumExpressionBytes else {
            throw Problem(
                .invalidRequest,
                "Has \(text.utf8.count) bytes; an expression has \(WorkflowPolicy.maximumExpressionBytes) at the most.")
        }
        do {
            program = try JQProgram(text, variables: [])
        } catch {
            throw Problem(.invalidRequest, "Is not jq: \(error)")
        }
    }

    /// `nil` when it fails on the event, or yields nothing.
    func value(of event: JSONValue, _ allowance: inout EvaluationAllowance) -> JSONValue? {
        guard !allowance.isSpent else { return nil }
        var steps = 1
        defer { allowance.spend(steps) }
        guard let value = try? program.first(event, variables: [], budget: Self.budget, addingTo: &steps),
            !value.isNull
        else { return nil }
        return value
    }
}

/// A policy ready to be used for the runs that events start.
package struct StartPolicy: Sendable {
    let isLimited: Bool
    let deduplicate: Deduplication?
    private let businessKey: EventExpression?
    private let priority: EventExpression?

    /// - Parameter template: what the workflow's definition says, where the plant's policy says nothing.
    init(_ policy: WorkflowPolicy, _ template: RunMetadata?) throws(Problem) {
        isLimited = policy.isLimited
        deduplicate = policy.deduplicate ?? template?.deduplicate.flatMap { Deduplication(rawValue: $0.rawValue) }
        businessKey = try (policy.businessKey ?? template?.businessKey).map { source throws(Problem) in
            try EventExpression(source)
        }
        priority = try (policy.priority ?? template?.priority).map { source throws(Problem) in
            try EventExpression(source)
        }
    }

    /// Whether something is computed for each run.
    var hasExpressions: Bool { businessKey != nil || priority != nil }

    /// Changes a run that the event starts. An expression that fails on the event changes nothing.
    func apply(to run: inout NewRun, _ envelope: JSONValue, _ allowance: inout EvaluationAllowance) {
        run.isQueued = isLimited
        if let value = businessKey?.value(of: envelope, &allowance) {
            let key = (value.stringValue ?? value.serialized()).prefix(utf8: NewRun.maximumBusinessKeyBytes)
            if NewRun.problem(ofBusinessKey: key) == nil { run.businessKey = key }
        }
        if let value = priority?.value(of: envelope, &allowance)?.intValue { run.priority = min(100, max(0, value)) }
        if run.businessKey != nil { run.deduplicate = deduplicate }
    }
}
