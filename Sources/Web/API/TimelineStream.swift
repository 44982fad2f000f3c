import Execution
import JSON
package import NIOCore
import Primitives
import Synchronization
import Tenancy

/// The streams that are open in this process: so many a principal, so many for the plants of a partner, so many in all.
final class TimelineStreams: Sendable {
    static let perPrincipal = 8
    static let inAll = 512
    /// However many keys a partner has, others still have a place.
    static let perPartner = inAll / 2

    let seconds: Double
    /// Whether the caller may still read: its key is valid, and the plant is active.
    let isAllowed: @Sendable (Call) async throws -> Bool
    /// Yields when that may have changed. A key's own end does not ring: the next heartbeat finds it.
    let changes: @Sendable (PrincipalID) -> AsyncStream<Void>
    private let open = Mutex(Open())

    private struct Open {
        var ofPrincipals: [PrincipalID: Int] = [:]
        var ofPartners: [PartnerID?: Int] = [:]
        var all = 0

        mutating func change(_ principal: PrincipalID, _ partner: PartnerID?, by number: Int) {
            all += number
            ofPrincipals[principal, default: 0] += number
            if ofPrincipals[principal] == 0 { ofPrincipals[principal] = nil }
            ofPartners[partner, default: 0] += number
            if ofPartners[partner] == 0 { ofPartners[partner] = nil }
        }
    }

    init(
        seconds: Double, isAllowed: @escaping @Sendable (Call) async throws -> Bool,
        changes: @escaping @Sendable (PrincipalID) -> AsyncStream<Void>
    ) {
        self.seconds = seconds
        self.isAllowed = isAllowed
        self.changes = changes
    }

    /// Gives its place back when it is left, or when nobody holds it: an answer whose body was never asked for.
    final class Place: Sendable {
        private let streams: TimelineStreams
        fileprivate let principal: PrincipalID
        private let partner: PartnerID?
        private let isTaken = Mutex(true)

        fileprivate init(_ streams: TimelineStreams, _ principal: PrincipalID, _ partner: PartnerID?) {
            self.streams = streams
            self.principal = principal
            self.partner = partner
        }

        deinit { leave() }

        func leave() {
            let wasTaken = isTaken.withLock { isTaken -> Bool in
                defer { isTaken = false }
                return isTaken
            }
            guard wasTaken else { return }
            streams.open.withLock { $0.change(principal, partner, by: -1) }
        }
    }

    /// - Parameter partner: whose plant is read.
    /// - Throws: `.tooManyRequests`, which names the limit.
    func enter(_ principal: PrincipalID, of partner: PartnerID?) throws(Problem) -> Place {
        let objection = open.withLock { open -> String? in
            if open.ofPrincipals[principal, default: 0] >= Self.perPrincipal {
                return "At most \(Self.perPrincipal) streams are open for one key. End one of the others first."
            }
            if open.ofPartners[partner, default: 0] >= Self.perPartner {
                return
                    "At most \(Self.perPartner) streams are open for the plants of a partner. End one of the others first."
            }
            if open.all >= Self.inAll { return "At most \(Self.inAll) streams are open here. Try again soon." }
            open.change(principal, partner, by: 1)
            return nil
        }
        if let objection { throw Problem(.tooManyRequests, objection) }
        return Place(self, principal, partner)
    }
}

/// One stream: it has what is new when it is woken, and ends after a while, so that its reader comes back with
/// `Last-Event-ID`. Nothing is asked for before the last part was taken; the server's time for an answer bounds how slowly a
/// reader may take it.
///
/// Before each look it is asked whether the caller may still read, and a change of that wakes the stream: what happened after
/// a key was revoked or has expired is not sent, and the stream ends at once, or within a heartbeat and a rest.
package struct TimelineStream: AsyncSequence, Sendable {
    /// Less than the server gives an answer (`HTTPLimits.answerSeconds`).
    package static let standardSeconds: Double = 50
    /// Comments, so that proxies keep the connection and a client that is gone is noticed.
    static let heartbeatSeconds: Double = 5
    /// Commits that come together are one look.
    static let gatherSeconds = 0.1
    /// A reader rests so many times as long as its last look took: in a busy plant it asks less often.
    static let restPerLook = 4

    let timeline: PlantTimeline
    let watchers: PlantWatchers
    let call: Call
    let start: TimelinePosition
    let streams: TimelineStreams
    let place: TimelineStreams.Place
    let seal: PositionSeal

    package func makeAsyncIterator() -> Iterator { Iterator(self) }

    package struct Iterator: AsyncIteratorProtocol {
        private let stream: TimelineStream
        private let end: ContinuousClock.Instant
        private var position: TimelinePosition
        private var hasBegun = false
        private var lastLook = Duration.zero
        /// Since before the last look, so that what was committed after it rings.
        private var watch: HeldWatch?

        fileprivate init(_ stream: TimelineStream) {
            self.stream = stream
            end = ContinuousClock.now.advanced(by: .seconds(stream.streams.seconds))
            position = stream.start
        }

        package mutating func next() async throws -> ByteBuffer? {
            guard hasBegun else {
                hasBegun = true
                return ByteBuffer(string: "retry: 500\n\n")
            }
            guard let plant = stream.call.scope.plantID else { return nil }
            if let watch {
                let left = ContinuousClock.now.duration(to: end)
                guard left > .zero else { return finish() }
                let waking = await watch.wait(for: Swift.min(left, .seconds(heartbeatSeconds)))
                if waking == .accessChange, try await !stream.streams.isAllowed(stream.call) { return finish() }
                let rest = Swift.max(.seconds(gatherSeconds), lastLook * restPerLook)
                try await Task.sleep(for: Swift.min(rest, .seconds(stream.streams.seconds / 4)))
            }
            // A watch that was waited for is used up.
            watch = HeldWatch(stream.watchers, plant, stream.streams.changes(stream.place.principal))
            guard try await stream.streams.isAllowed(stream.call) else { return finish() }
            let begun = ContinuousClock.now
            let (entries, next) = try await stream.timeline.entries(in: stream.call.scope, after: position)
            lastLook = begun.duration(to: .now)
            position = next
            if entries.count == PlantTimeline.pageEntries { watch = nil }
            if entries.isEmpty { return ByteBuffer(string: ": still here\n\n") }
            return ByteBuffer(bytes: entries.flatMap { TimelineStream.event($0, stream.seal) })
        }

        private func finish() -> ByteBuffer? {
            stream.place.leave()
            return nil
        }
    }

    private enum Waking { case commit, accessChange, time }

    /// A watch that ends with whoever holds it.
    private final class HeldWatch: Sendable {
        private let watchers: PlantWatchers
        private let watch: PlantWatchers.Watch
        private let changes: AsyncStream<Void>

        init(_ watchers: PlantWatchers, _ plant: PlantID, _ changes: AsyncStream<Void>) {
            self.watchers = watchers
            self.changes = changes
            watch = watchers.watch(plant)
        }

        deinit { watchers.end(watch) }

        /// Returns at the next ring, or after the time.
        func wait(for time: Duration) async -> Waking {
            let (rings, changes) = (watch.rings, changes)
            return await withTaskGroup { group in
                group.addTask {
                    for await _ in rings { break }
                    return Waking.commit
                }
                group.addTask {
                    for await _ in changes { break }
                    return .accessChange
                }
                group.addTask {
                    try? await Task.sleep(for: time)
                    return .time
                }
                defer { group.cancelAll() }
                return await group.next() ?? .time
            }
        }
    }

    private static func event(_ entry: PlantTimeline.Entry, _ seal: PositionSeal) -> [UInt8] {
        let position = seal.text(entry.position)
        // Serialised JSON has no line end, which would end a field.
        return Array(
            "id: \(position)\nevent: \(entry.source.rawValue)\ndata: \(json(entry, position).serialized())\n\n".utf8)
    }

    static func json(_ entry: PlantTimeline.Entry, _ seal: PositionSeal) -> JSONValue {
        json(entry, seal.text(entry.position))
    }

    private static func json(_ entry: PlantTimeline.Entry, _ position: String) -> JSONValue {
        var object: JSONObject = [
            "at": .string(entry.at.description), "source": .string(entry.source.rawValue),
            "what": .string(entry.what), "subject": .string(entry.subject), "position": .string(position),
        ]
        object.set("detail", ifPresent: entry.detail)
        return .object(object)
    }
}
