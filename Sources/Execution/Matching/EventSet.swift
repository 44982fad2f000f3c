import JSON
import Primitives

/// Events that wait for the others with which they start a run.
struct EventSet: Sendable, Hashable {
    enum Reason: String, Sendable, Hashable, CaseIterable {
        case tooOld = "too-old"
        case tooMany = "too-many"
        case workflowChanged = "workflow-changed"
        case tooLarge = "too-large"
    }

    let id: UUIDv7
    /// What its events have in common; as text it is the set's key.
    let correlation: JSONObject
    /// One for each filter; `nil` where the event is missing.
    var events: [EventRecordID?]
    let openedAt: Timestamp

    /// A workflow has so many sets that wait; then the oldest is given up.
    static let maximumOpen = 1_000
    /// Sets that were given up are kept until there are more, for somebody to see.
    static let maximumGivenUp = 100
    static let maximumAgeSeconds: Double = 7 * 86_400
    /// Of the input of the run that a set starts.
    static let maximumInputBytes = 1 << 20

    var isComplete: Bool { events.allSatisfy { $0 != nil } }
    var key: String { JSONValue.object(correlation).serialized() }
}

/// Puts events into sets. A value: what is to be stored is read from it afterwards.
struct EventSetAssembly: Sendable {
    private let places: Int
    private let now: Timestamp
    /// By key; several with the same key are in the order in which they were opened.
    private var open: [String: [EventSet]] = [:]
    private(set) var opened: [EventSet] = []
    /// Of those that were given: the ones that have an event more.
    private(set) var changed: [EventSet] = []
    private(set) var completed: [(set: EventSet, last: EventRecordID)] = []

    /// - Parameter places: events that a set has when it is complete.
    init(open sets: [EventSet], places: Int, now: Timestamp) {
        self.places = places
        self.now = now
        for set in sets.sorted(by: { $0.id < $1.id }) { open[set.key, default: []].append(set) }
    }

    /// The event takes the first place that a set has for it, else it opens a set: one event counts once in a workflow.
    /// - Parameter fits: as the plan says of the event.
    mutating func add(_ event: EventRecordID, fits: [EventSetPlan.Fit], id: @autoclosure () -> UUIDv7) {
        for fit in fits where take(event, fit.place, fit.key) { return }
        guard let first = fits.first else { return }
        var events = [EventRecordID?](repeating: nil, count: places)
        events[first.place] = event
        let set = EventSet(id: id(), correlation: first.correlation, events: events, openedAt: now)
        open[set.key, default: []].append(set)
        opened.append(set)
    }

    private mutating func take(_ event: EventRecordID, _ place: Int, _ key: String) -> Bool {
        guard let position = open[key]?.firstIndex(where: { $0.events[place] == nil }), var set = open[key]?[position]
        else { return false }
        set.events[place] = event
        let isOpened = opened.contains { $0.id == set.id }
        opened.removeAll { $0.id == set.id }
        changed.removeAll { $0.id == set.id }
        if set.isComplete {
            open[key]?.remove(at: position)
            completed.append((set, event))
        } else {
            open[key]?[position] = set
            if isOpened { opened.append(set) } else { changed.append(set) }
        }
        return true
    }
}
