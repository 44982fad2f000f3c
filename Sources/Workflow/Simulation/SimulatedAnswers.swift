package import JSON
package import Primitives

/// What the world says in a simulation.
package struct SimulatedAnswers: Sendable {
    package var calls: [CallStub]
    package var decisions: [DecisionStub]
    package var events: [TimedEvent]
    /// What counts as time for the clocks of `sla`.
    package var time = ServiceLevelClock.Time(.always, in: .utc)
    /// Runs another workflow: given the request and the moment, its end; `nil` leaves the run waiting.
    package var childRun: (@Sendable (ChildRunRequest, Timestamp) -> SimulatedAnswer?)?

    package init(
        calls: [CallStub] = [], decisions: [DecisionStub] = [], events: [TimedEvent] = [],
        childRun: (@Sendable (ChildRunRequest, Timestamp) -> SimulatedAnswer?)? = nil
    ) {
        self.calls = calls
        self.decisions = decisions
        self.events = events
        self.childRun = childRun
    }

    /// The answers to calls of one function. The first stub that matches a call answers it.
    package struct CallStub: Sendable {
        /// `http`, `work-orders.create:1.0.0@default`, or the latter without version and catalog.
        package var function: String
        /// Members that the arguments must have, at any depth; `nil` matches every call.
        package var arguments: JSONValue?
        /// One after the other; the last one answers all further calls. Empty: the call stays unanswered.
        package var answers: [SimulatedAnswer]

        package init(function: String, arguments: JSONValue? = nil, answers: [SimulatedAnswer]) {
            self.function = function
            self.arguments = arguments
            self.answers = answers
        }
    }

    /// The decision on one human task, by members that its arguments must have.
    package struct DecisionStub: Sendable {
        package var arguments: JSONValue?
        package var answers: [SimulatedAnswer]

        package init(arguments: JSONValue? = nil, answers: [SimulatedAnswer]) {
            self.arguments = arguments
            self.answers = answers
        }
    }

    /// An event that arrives some time after the run began.
    package struct TimedEvent: Sendable {
        package var afterSeconds: Double
        package var event: JSONValue

        package init(afterSeconds: Double, event: JSONValue) {
            self.afterSeconds = afterSeconds
            self.event = event
        }
    }
}

/// How a wait ends, and how long after it was opened.
package struct SimulatedAnswer: Sendable {
    package var result: Result<JSONValue, WorkflowError>
    package var afterSeconds: Double
    /// Who answered, for the journal.
    package var by: JSONValue?

    package init(_ result: Result<JSONValue, WorkflowError>, afterSeconds: Double = 0, by: JSONValue? = nil) {
        self.result = result
        self.afterSeconds = afterSeconds
        self.by = by
    }
}

extension JSONValue {
    /// Whether this has everything that the pattern has: objects by their given members, all else equal.
    package func contains(_ pattern: JSONValue) -> Bool {
        guard case .object(let members) = pattern else { return self == pattern }
        guard case .object(let object) = self else { return false }
        return members.allSatisfy { key, expected in object[key]?.contains(expected) ?? false }
    }
}
