import JSON

/// `listen`.
struct ListenPlan: Sendable {
    enum Mode: Sendable, Hashable { case one, any, all }

    var mode: Mode
    /// Empty with `any`: every event.
    var filters: [EventFilterTemplate]
    var read: EventReading
    /// With `any`: go on until this holds of the array of consumed events.
    var untilCondition: RuntimeExpression?
    /// With `any`: go on until these were consumed.
    var untilMode: Mode?
    var untilFilters: [EventFilterTemplate] = []
    var foreach: ForEach?

    struct ForEach: Sendable {
        var item: String
        var position: String
        var first: Int?
        var output: DataTransform
        var export: DataTransform
    }

    var goesOn: Bool { untilCondition != nil || untilMode != nil }

    var asksForTask: Bool {
        (untilCondition?.uses(.task) ?? false) || (foreach?.output.transform?.uses(.task) ?? false)
            || (foreach?.export.transform?.uses(.task) ?? false)
    }
}

/// An event filter before the run's values are put in.
struct EventFilterTemplate: Sendable {
    /// Must be equal; expressions are evaluated on the task's input when the task begins to listen.
    var attributes: [EventAttribute]
    /// jq on the event, or `nil`.
    var condition: String?
    /// What the condition's variables stand for, evaluated when the task begins to listen.
    var variables: [ConditionVariable]
    var correlations: [Correlation]

    struct ConditionVariable: Sendable {
        var name: String
        var value: Value

        enum Value: Sendable {
            case argument(ExpressionVariable)
            case template(ValueTemplate)
        }
    }

    /// `correlate` without `expect`: the first value that is seen is expected of all later events.
    struct Correlation: Sendable {
        var name: String
        var from: RuntimeExpression
    }
}
