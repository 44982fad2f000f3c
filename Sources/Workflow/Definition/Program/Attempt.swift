import JSON

/// `try` with its `catch`.
struct Attempt: Sendable {
    var first: Int?
    var filter: ErrorFilter
    /// The variable that holds the error, without `$`.
    var variable: String
    var when: RuntimeExpression?
    var exceptWhen: RuntimeExpression?
    var retry: RetryPolicy?
    /// Whether `catch.do` was given, and its first task.
    var hasHandler: Bool
    var handler: Int?
    /// `catch.then`.
    var then: FlowTarget?

    var asksForTask: Bool {
        [when, exceptWhen, retry?.when, retry?.exceptWhen].contains { $0?.uses(.task) ?? false }
    }
}

/// `catch.errors.with`: every given property must be equal.
struct ErrorFilter: Sendable {
    var type: String?
    var status: Int?
    var instance: String?
    var title: String?
    var detail: String?

    func matches(_ error: WorkflowError) -> Bool {
        if let type, !StandardErrorType.isSame(type, error.type) { return false }
        if let status, status != error.status { return false }
        if let instance, instance != error.instance { return false }
        if let title, title != error.title { return false }
        if let detail, detail != error.detail { return false }
        return true
    }
}

struct RetryPolicy: Sendable {
    enum Backoff: Sendable, Hashable { case constant, linear, exponential }

    var when: RuntimeExpression?
    var exceptWhen: RuntimeExpression?
    var delay: DurationTemplate?
    var backoff: Backoff = .constant
    /// Most retries after the first attempt.
    var retries: Int?
    /// The longest that one retried attempt may take.
    var attemptDuration: DurationTemplate?
    /// Counted from the first failure: no attempt begins later than this.
    var totalDuration: DurationTemplate?
    var jitter: (from: DurationTemplate, to: DurationTemplate)?
}
