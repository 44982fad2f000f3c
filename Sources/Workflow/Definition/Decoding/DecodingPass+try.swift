import JSON

extension DecodingPass {
    func tryBody(_ context: TaskContext) -> TaskBody? {
        let task = context.fields
        var first: Int?
        if let list = task["try"] {
            first = taskList(list, "try", context.scope, nesting: context.nesting + 1, at: task.path("try"))
        }
        guard let value = task["catch"] else {
            missing("catch", "A try task", in: task)
            return nil
        }
        let keys = ["errors", "as", "when", "exceptWhen", "retry", "do", "then"]
        guard let clause = fields(value, "catch", allowed: keys, at: task.path("catch")) else { return nil }
        let variable = variableName(clause, "as", default: "error")
        let scope = context.scope.binding(variable)
        var attempt = Attempt(
            first: first, filter: errorFilter(clause), variable: variable,
            when: condition(clause, "when", "catch", scope),
            exceptWhen: condition(clause, "exceptWhen", "catch", scope), hasHandler: clause["do"] != nil)
        attempt.retry = retry(clause, scope)
        if let list = clause["do"] {
            attempt.handler = taskList(
                list, "catch.do", scope, nesting: context.nesting + 1, at: clause.path("do"))
        }
        attempt.then = flowTarget(clause, context.siblings)
        return .attempt(attempt)
    }

    private func errorFilter(_ clause: Fields) -> ErrorFilter {
        var filter = ErrorFilter()
        guard let value = clause["errors"],
            let errors = fields(value, "errors", allowed: ["with"], at: clause.path("errors")),
            let with = errors["with"]
        else { return filter }
        let keys = ["type", "status", "instance", "title", "detail"]
        guard let fields = fields(with, "errors.with", allowed: keys, at: errors.path("with")) else { return filter }
        if fields.object.isEmpty {
            error(.missingField, "errors.with needs at least one property, such as type or status.", at: fields.path)
        }
        filter.type = literal(fields, "type")
        filter.status = integer(fields, "status")
        filter.instance = literal(fields, "instance")
        filter.title = literal(fields, "title")
        filter.detail = literal(fields, "detail")
        return filter
    }

    /// Static text: the filter compares, it does not evaluate.
    private func literal(_ fields: Fields, _ key: String) -> String? {
        guard let text = string(fields, key, "errors.with") else { return nil }
        if Self.expressionSource(text) != nil {
            error(
                .invalidValue, "errors.with compares fixed values. Put conditions in catch.when.", at: fields.path(key))
        }
        return text
    }

    private func retry(_ clause: Fields, _ scope: ExpressionScope) -> RetryPolicy? {
        guard let value = clause["retry"] else { return nil }
        guard case .string(let name) = value else { return retryPolicy(value, scope, at: clause.path("retry")) }
        guard let named = components.retries[name] else {
            unknownComponent(name, "retry policy", "use.retries", components.retries.keys, at: clause.path("retry"))
            return nil
        }
        return retryPolicy(named, scope, at: JSONPointer(["use", "retries", name]))
    }

    func retryPolicy(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> RetryPolicy? {
        let keys = ["when", "exceptWhen", "delay", "backoff", "limit", "jitter"]
        guard let fields = fields(value, "retry", allowed: keys, at: path) else { return nil }
        var policy = RetryPolicy()
        policy.when = condition(fields, "when", "retry", scope)
        policy.exceptWhen = condition(fields, "exceptWhen", "retry", scope)
        policy.delay = fields["delay"].flatMap { duration($0, scope, at: fields.path("delay")) }
        policy.backoff = backoff(fields) ?? .constant
        readLimit(fields, scope, into: &policy)
        if let value = fields["jitter"],
            let jitter = self.fields(value, "jitter", allowed: ["from", "to"], at: fields.path("jitter"))
        {
            for key in ["from", "to"] where jitter[key] == nil { missing(key, "jitter", in: jitter) }
            let from = jitter["from"].flatMap { duration($0, scope, at: jitter.path("from")) }
            let to = jitter["to"].flatMap { duration($0, scope, at: jitter.path("to")) }
            if let from, let to { policy.jitter = (from, to) }
        }
        return policy
    }

    private func backoff(_ policy: Fields) -> RetryPolicy.Backoff? {
        let kinds: [(String, RetryPolicy.Backoff)] = [
            ("constant", .constant), ("exponential", .exponential), ("linear", .linear),
        ]
        guard let value = policy["backoff"],
            let fields = fields(value, "backoff", allowed: kinds.map(\.0), at: policy.path("backoff"))
        else { return nil }
        let given = kinds.filter { fields.object.contains(key: $0.0) }
        guard given.count == 1, let (name, kind) = given.first else {
            error(
                .invalidValue, "backoff is exactly one of constant, exponential and linear, as in {exponential: {}}.",
                at: fields.path)
            return nil
        }
        guard let settings = self.fields(fields[name] ?? .null, name, allowed: nil, at: fields.path(name)) else {
            return nil
        }
        for (key, _) in settings.object {
            warn(
                .notSupported, "\(name) has no settings in the specification; \(key) has no effect. Remove it.",
                at: settings.path(key))
        }
        return kind
    }

    private func readLimit(_ fields: Fields, _ scope: ExpressionScope, into policy: inout RetryPolicy) {
        guard let value = fields["limit"],
            let limit = self.fields(value, "limit", allowed: ["attempt", "duration"], at: fields.path("limit"))
        else { return }
        policy.totalDuration = limit["duration"].flatMap { duration($0, scope, at: limit.path("duration")) }
        guard let value = limit["attempt"],
            let attempt = self.fields(value, "attempt", allowed: ["count", "duration"], at: limit.path("attempt"))
        else { return }
        policy.retries = integer(attempt, "count")
        if let count = policy.retries, count < 0 {
            error(.invalidValue, "count cannot be negative.", at: attempt.path("count"))
        }
        policy.attemptDuration = attempt["duration"].flatMap { duration($0, scope, at: attempt.path("duration")) }
    }
}
