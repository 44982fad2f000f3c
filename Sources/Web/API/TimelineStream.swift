import Execution
import HummingbirdCore
import JSON
import NIOCore
import Primitives
import Synchronization
import Tenancy

/// The streams that are open in this process: so many a principal, so many in all.
final class TimelineStreams: Sendable {
    static let perPrincipal = 8
    static let inAll = 512

    let seconds: Double
    /// Whether the caller may still read: its key is valid, and the plant is active.
    let isAllowed: @Sendable (Call) async throws -> Bool
    private let open = Mutex<[PrincipalID: Int]>([:])

    init(seconds: Double, isAllowed: @escaping @Sendable (Call) async throws -> Bool) {
        self.seconds = seconds
        self.isAllowed = isAllowed
    }

    /// Gives its place back when it is left, or when nobody holds it: an answer whose body was never asked for.
    final class Place: Sendable {
        private let streams: TimelineStreams
        private let principal: PrincipalID
        private let isTaken = Mutex(true)

        fileprivate init(_ streams: TimelineStreams, _ principal: PrincipalID) {
            self.streams = streams
            self.principal = principal
        }

        deinit { leave() }

        func leave() {
            let wasTaken = isTaken.withLock { isTaken -> Bool in
                defer { isTaken = false }
                return isTaken
            }
            guard wasTaken else { return }
            streams.open.withLock { open in
                open[principal, default: 1] -= 1
                if open[principal] == 0 { open[principal] = nil }
            }
        }
    }

    func enter(_ principal: PrincipalID) throws(Problem) -> Place {
        let isFree = open.withLock { open -> Bool in
            guard open[principal, default: 0] < Self.perPrincipal, open.values.reduce(0, +) < Self.inAll else {
                return false
            }
            open[principal, default: 0] += 1
            return true
        }
        guard isFree else {
            throw Problem(
                .tooManyRequests,
                "At most \(Self.perPrincipal) streams are open for one key. End one of the others first.")
        }
        return Place(self, principal)
    }
}

/// One stream: it writes what is new when it is woken, and ends after a while, so that its reader comes back with
/// `Last-Event-ID`. What it sent is bounded by the server's time for an answer, whoever reads slowly.
package struct TimelineStream: Sendable {
    /// Less than the server gives an answer (`HTTPLimits.answerSeconds`).
    package static let standardSeconds: Double = 50
    /// Comments, so that proxies keep the connection and a client that is gone is noticed.
    static let heartbeatSeconds: Double = 5
    /// Commits that come together are one look.
    static let gatherSeconds = 0.1

    let timeline: PlantTimeline
    let watchers: PlantWatchers
    let call: Call
    let start: TimelinePosition
    let streams: TimelineStreams

    func run(_ writer: inout any ResponseBodyWriter) async throws {
        guard let plant = call.scope.plantID else { return }
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(streams.seconds))
        var position = start
        try await writer.write(ByteBuffer(string: "retry: 500\n\n"))
        while true {
            // Before the look, so that what is committed after it rings. A watch that was waited for is used up.
            let watch = watchers.watch(plant)
            defer { watchers.end(watch) }
            let (entries, next) = try await timeline.entries(in: call.scope, after: position)
            for entry in entries { try await writer.write(ByteBuffer(bytes: Self.event(entry))) }
            position = next
            if entries.count == PlantTimeline.pageEntries { continue }
            let rest = clock.now.duration(to: end)
            guard rest > .zero, try await streams.isAllowed(call) else { break }
            if entries.isEmpty { try await writer.write(ByteBuffer(string: ": still here\n\n")) }
            await Self.wait(watch.rings, for: min(rest, .seconds(Self.heartbeatSeconds)))
            try await Task.sleep(for: .seconds(min(Self.gatherSeconds, streams.seconds / 4)))
        }
    }

    /// Returns at the next ring, or after the time.
    private static func wait(_ rings: AsyncStream<Void>, for time: Duration) async {
        await withTaskGroup { group in
            group.addTask { for await _ in rings { break } }
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private static func event(_ entry: PlantTimeline.Entry) -> [UInt8] {
        // Serialised JSON has no line end, which would end a field.
        Array("id: \(entry.position.text)\nevent: \(entry.source.rawValue)\ndata: \(json(entry).serialized())\n\n".utf8)
    }

    static func json(_ entry: PlantTimeline.Entry) -> JSONValue {
        var object: JSONObject = [
            "at": .string(entry.at.description), "source": .string(entry.source.rawValue),
            "what": .string(entry.what), "subject": .string(entry.subject), "position": .string(entry.position.text),
        ]
        object.set("detail", ifPresent: entry.detail)
        return .object(object)
    }
}
