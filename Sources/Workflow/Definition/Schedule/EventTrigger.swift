package import JSON

/// Which events start a run. The run's input is the array of the events that it consumed.
package struct EventTrigger: Sendable, Hashable {
    package enum Mode: String, Sendable, Hashable, CaseIterable { case one, any, all }

    /// `all` has two filters or more: a single one is the same as `one`.
    package var mode: Mode
    package var filters: [EventFilter]
    /// What the events of one run have in common, a list for each filter; with `all` only. A correlation with `expect` is
    /// part of its filter's condition.
    package var correlations: [[EventCorrelation]]
    /// What the engine hands to the workflow; a run is always started with whole events.
    package var read: EventReading

    /// Events of one run.
    package static let maximumEventsOfRun = 16

    package init(
        mode: Mode, filters: [EventFilter], correlations: [[EventCorrelation]] = [], read: EventReading = .envelope
    ) {
        self.mode = mode
        self.filters = filters
        self.correlations = correlations.isEmpty ? filters.map { _ in [] } : correlations
        self.read = read
    }
}

/// How a consumed event is handed to the workflow.
package enum EventReading: String, Sendable, Hashable, CaseIterable {
    /// The event's data.
    case data
    /// The whole CloudEvent.
    case envelope
    /// The event's data as it came: `data_base64` where the event carries bytes.
    case raw

    /// The value that the workflow sees of a CloudEvent.
    package func read(_ event: JSONValue) -> JSONValue {
        switch self {
        case .envelope: event
        case .data: event["data"] ?? .null
        case .raw: event["data_base64"] ?? event["data"] ?? .null
        }
    }
}
