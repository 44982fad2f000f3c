package import JSON

/// When runs of a workflow begin (`schedule` of the document).
package struct Schedule: Sendable, Hashable {
    package var everySeconds: Double?
    package var cron: String?
    package var afterSeconds: Double?
    package var on: EventTrigger?

    package init(
        everySeconds: Double? = nil, cron: String? = nil, afterSeconds: Double? = nil, on: EventTrigger? = nil
    ) {
        self.everySeconds = everySeconds
        self.cron = cron
        self.afterSeconds = afterSeconds
        self.on = on
    }
}

/// Which events start a run. The run's input is the array of the events that it consumed.
package struct EventTrigger: Sendable, Hashable {
    package enum Mode: String, Sendable, Hashable, CaseIterable { case one, any, all }

    package var mode: Mode
    /// Empty with `any`: every event of the plant.
    package var filters: [EventFilter]
    package var read: EventReading

    package init(mode: Mode, filters: [EventFilter], read: EventReading = .envelope) {
        self.mode = mode
        self.filters = filters
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
