package import JSON

/// What a run is called that an event starts, and how urgent it is: `document.metadata.run`. The plant's own policy for the
/// workflow goes before it, member by member.
package struct RunMetadata: Sendable, Hashable {
    /// Until when another event with the same business key starts no run.
    package enum Deduplicate: String, Sendable, Hashable, CaseIterable {
        case open, ever
    }

    /// jq on the event, a CloudEvent as JSON.
    package var businessKey: String?
    /// The same; what it yields is a number from 0 to 100.
    package var priority: String?
    package var deduplicate: Deduplicate?

    package static let maximumExpressionBytes = 2_000

    /// What a checked definition holds. Whatever is not understood is not there.
    package init(json: JSONValue) {
        businessKey = json["businessKey"]?.stringValue
        priority = json["priority"]?.stringValue ?? json["priority"]?.intValue.map(String.init)
        deduplicate = json["deduplicate"]?.stringValue.flatMap(Deduplicate.init(rawValue:))
    }
}
