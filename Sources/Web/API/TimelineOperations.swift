import Execution
import HTTPTypes
import HummingbirdCore
import JSON
import Primitives
import Tenancy

/// What happened in a plant, as pages and as a stream of server-sent events.
struct TimelineOperations {
    static let maximumBackSeconds = 7 * 86_400

    let timeline: PlantTimeline
    let watchers: PlantWatchers
    let streams: TimelineStreams
    let cursors: CursorSeal

    var all: [Operation] { [page, stream] }

    private static let parameters: [QueryParameter] = [
        .init("after", "A position that the timeline gave: what comes after it."),
        .init(
            "backSeconds", "Without a position: how much of the past to begin with, in seconds.", schema: Schema.integer
        ),
    ]

    private func position(_ call: Call, header: Bool) async throws -> TimelinePosition {
        let last = header ? call.headers[.lastEventID] : nil
        if let text = last ?? call.queryValues["after"] { return try PositionSeal(cursors, call.scope).position(text) }
        let back = try call.integer("backSeconds") ?? (header ? 0 : 3600)
        guard (0...Self.maximumBackSeconds).contains(back) else {
            throw call.badQuery("backSeconds", "Must be from 0 to \(Self.maximumBackSeconds).")
        }
        return try await timeline.now(in: call.scope, backSeconds: Double(back))
    }

    private var page: Operation {
        Operation(
            id: "readPlantTimeline", method: .get, path: "/v1/plants/{plant}/timeline",
            summary: "What happened in a plant, in order: runs, people, operators and its runner.", tag: "Runs",
            access: .permission(.runsRead, on: .plant), query: Self.parameters,
            success: .init(
                .ok, "Entries in order, and the position to go on after.",
                schema: Schema.object(
                    ["items": Schema.array(Schema.anyObject), "next": Schema.string], required: ["items", "next"]))
        ) { call in
            let (entries, next) = try await timeline.entries(
                in: call.scope, after: position(call, header: false))
            let seal = PositionSeal(cursors, call.scope)
            return .json([
                "items": .array(entries.map { TimelineStream.json($0, seal) }), "next": .string(seal.text(next)),
            ])
        }
    }

    private var stream: Operation {
        Operation(
            id: "streamPlantTimeline", method: .get, path: "/v1/plants/{plant}/timeline/stream",
            summary: "The same as server-sent events; Last-Event-ID goes on where the last stream ended.", tag: "Runs",
            access: .permission(.runsRead, on: .plant), query: Self.parameters,
            success: .init(.ok, "Events as they come about.", schema: Schema.string, contentType: "text/event-stream")
        ) { call in
            let start = try await position(call, header: true)
            // A position that cannot be used is refused before the stream begins.
            _ = try await timeline.entries(in: call.scope, after: start)
            let place = try streams.enter(call.caller().id, of: call.scope.partnerID)
            let stream = TimelineStream(
                timeline: timeline, watchers: watchers, call: call, start: start, streams: streams, place: place,
                seal: PositionSeal(cursors, call.scope))
            return Reply(.ok, .stream(contentType: "text/event-stream", ResponseBody(asyncSequence: stream)))
        }
    }
}

extension HTTPField.Name {
    fileprivate static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
