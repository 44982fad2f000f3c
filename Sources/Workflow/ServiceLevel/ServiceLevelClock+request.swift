package import JSON
package import Primitives

extension ServiceLevelClock {
    /// What a workflow's request makes of a clock of its run.
    /// - Parameter clock: the clock of that name; `nil` when the run has none yet. What it has to say by now has been said.
    /// - Throws: a validation error for a request that the clock cannot follow. Asking twice for the same is no error.
    package static func follow(
        _ request: ServiceLevelRequest, _ clock: inout ServiceLevelClock?, at now: Timestamp, _ time: Time
    ) throws(WorkflowError) {
        if request.action == .start {
            guard clock?.status ?? .stopped == .stopped else {
                throw WorkflowError(.validation, detail: "The clock “\(request.name)” has been started already.")
            }
            clock = ServiceLevelClock(targetSeconds: request.targetSeconds, warnings: request.warnings, startedAt: now)
            return
        }
        guard clock != nil else {
            throw WorkflowError(.validation, detail: "The run has no clock “\(request.name)”; start it first.")
        }
        if [.pause, .resume].contains(request.action), clock?.status == .stopped {
            throw WorkflowError(.validation, detail: "The clock “\(request.name)” has been stopped.")
        }
        switch request.action {
        case .start, .read: break
        case .pause: _ = clock?.pause(at: now, time)
        case .resume: _ = clock?.resume(at: now)
        case .stop: _ = clock?.stop(at: now)
        }
    }

    /// The answer of `sla`: `{"name","status","startedAt","dueAt","targetSeconds","elapsedSeconds","remainingSeconds",
    /// "warningsGiven","breached","breachedAt"}`; `dueAt` is null while the clock is paused.
    package func json(name: String, at now: Timestamp, _ time: Time) -> JSONValue {
        let elapsed = elapsed(at: now, time)
        return [
            "name": .string(name), "status": .string(status.rawValue), "startedAt": .string(startedAt.description),
            "dueAt": dueAt(time).map { .string($0.description) } ?? .null, "targetSeconds": JSONValue(targetSeconds),
            "elapsedSeconds": JSONValue(elapsed), "remainingSeconds": JSONValue(max(0, targetSeconds - elapsed)),
            "warningsGiven": JSONValue(warningsGiven), "breached": .bool(breachedAt != nil),
            "breachedAt": breachedAt.map { .string($0.description) } ?? .null,
        ]
    }
}

extension ServiceLevelClock.Occasion {
    package static let warningEventType = "millwright.sla.warning.v1"
    package static let breachEventType = "millwright.sla.breached.v1"

    package var eventType: String {
        switch self {
        case .warning: Self.warningEventType
        case .breach: Self.breachEventType
        }
    }

    /// The event that tells the plant. Its source and id are the same however often it is told.
    package func event(
        of clock: ServiceLevelClock, name: String, run: String, workflow: String, at moment: Timestamp,
        dueAt: Timestamp?
    ) -> JSONValue {
        var data: JSONObject = [
            "clock": .string(name), "runId": .string(run), "workflow": .string(workflow),
            "startedAt": .string(clock.startedAt.description), "targetSeconds": JSONValue(clock.targetSeconds),
        ]
        if let dueAt { data["dueAt"] = .string(dueAt.description) }
        let suffix: String
        switch self {
        case .warning(let index):
            data["warning"] = JSONValue(index + 1)
            data["secondsLeft"] = JSONValue(clock.warnings[index])
            suffix = "warning-\(index + 1)"
        case .breach: suffix = "breach"
        }
        return [
            "specversion": "1.0", "type": .string(eventType), "source": .string("urn:millwright:run:\(run)"),
            "id": .string("sla/\(name)/\(clock.startedAt.unixMicroseconds)/\(suffix)"), "subject": .string(run),
            "time": .string(moment.description), "data": .object(data),
        ]
    }
}
