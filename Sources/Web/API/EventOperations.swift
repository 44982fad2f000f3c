import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Events in, and what became of them. Sending is the hot path of the platform: nothing in it waits but the commit.
struct EventOperations {
    /// A batch of ten thousand small events fits; a single event is bounded by the intake itself.
    static let maximumBodyBytes = 8 << 20
    /// A batch weighs one request for each so many of its events: batches are what the limit wants.
    static let eventsPerRequest = 100

    let intake: EventIntake
    let events: EventDirectory

    var all: [Operation] { [send, list, read, quarantine] }

    private var send: Operation {
        Operation(
            id: "sendEvents", method: .post, path: "/v1/plants/{plant}/events",
            summary: "Accepts one CloudEvent or a batch. What the answer says is accepted is stored for good.",
            tag: "Events", access: .permission(.eventsWrite, on: .plant),
            body: .init(
                ["type": ["object", "array"]],
                contentTypes: [
                    "application/cloudevents+json", "application/cloudevents-batch+json", "application/json",
                ], maximumBytes: Self.maximumBodyBytes),
            success: .init(
                .accepted, "Every event was accepted or was there before; 207 when some of a batch were refused.",
                schema: Self.answerSchema), timeoutSeconds: nil,
            weight: { body in ((body.arrayValue?.count ?? 1) + Self.eventsPerRequest - 1) / Self.eventsPerRequest }
        ) { call in
            let outcomes = try await intake.accept(
                call.scope, try IncomingEvent.read(call.body), by: call.actor)
            return try Self.reply(outcomes, isBatch: call.body.arrayValue != nil)
        }
    }

    // MARK: Looking at them

    private static let eventSchema = Schema.object(
        [
            "id": Schema.uuid, "receivedAt": Schema.timestamp, "senderId": Schema.uuid, "emittedByRunId": Schema.uuid,
            "event": Schema.anyObject,
        ], required: ["id", "receivedAt", "event"])

    private static func json(_ event: EventRecord) -> JSONValue {
        var object: JSONObject = [
            "id": .string(event.id.description), "receivedAt": .string(event.receivedAt.description),
        ]
        object.set("senderId", ifPresent: event.sender.json)
        object.set("emittedByRunId", ifPresent: event.emittedBy.json)
        object["event"] = event.envelope
        return .object(object)
    }

    private var list: Operation {
        Operation(
            id: "listEvents", method: .get, path: "/v1/plants/{plant}/events",
            summary: "The events that this plant accepted, newest first; also those that no workflow listens to.",
            tag: "Events", access: .permission(.eventsRead, on: .plant),
            query: QueryParameter.page + [.init("type", "Only events of this type.")],
            success: .init(.ok, "A page of events.", schema: Schema.page(Self.eventSchema))
        ) { call in
            try .page(
                await events.list(in: call.scope, type: call.queryValues["type"], page: call.pageRequest()), Self.json)
        }
    }

    private var read: Operation {
        Operation(
            id: "readEvent", method: .get, path: "/v1/plants/{plant}/events/{event}",
            summary: "One event as it was accepted. What it started: /v1/plants/{plant}/runs?event=….",
            tag: "Events", access: .permission(.eventsRead, on: .plant),
            success: .init(.ok, "The event.", schema: Self.eventSchema)
        ) { call in
            .json(Self.json(try await events.event(call.id("event", of: "event"), in: call.scope)))
        }
    }

    private static let quarantineSchema = Schema.object(
        [
            "id": Schema.uuid, "receivedAt": Schema.timestamp,
            "channel": Schema.oneOf(QuarantinedEvent.Channel.self), "reason": Schema.string,
            "errors": Schema.array(Schema.object(["path": Schema.string, "message": Schema.string])),
            "body": Schema.string, "isCutOff": Schema.boolean,
        ], required: ["id", "receivedAt", "channel", "reason", "errors", "body", "isCutOff"])

    private static func json(_ event: QuarantinedEvent) -> JSONValue {
        [
            "id": .string(event.id.description), "receivedAt": .string(event.receivedAt.description),
            "channel": .string(event.channel.rawValue), "reason": .string(event.reason),
            "errors": .array(event.items.map { ["path": .string($0.path), "message": .string($0.message)] }),
            // What is not UTF-8 is shown as far as it can be.
            "body": .string(String(decoding: event.body, as: UTF8.self)), "isCutOff": .bool(event.isCutOff),
        ]
    }

    private var quarantine: Operation {
        Operation(
            id: "listQuarantinedEvents", method: .get, path: "/v1/plants/{plant}/quarantine",
            summary: "Input that could not be accepted and whose sender could not be told, with the reason.",
            tag: "Events", access: .permission(.eventsRead, on: .plant), query: QueryParameter.page,
            success: .init(.ok, "A page of them, newest first.", schema: Schema.page(Self.quarantineSchema))
        ) { call in try .page(await events.quarantine(in: call.scope, page: call.pageRequest()), Self.json) }
    }

    // MARK: Answers

    private static let answerSchema = Schema.object(
        [
            "accepted": Schema.integer, "duplicate": Schema.integer, "refused": Schema.integer,
            "events": Schema.array(
                Schema.object(
                    [
                        "status": ["enum": ["accepted", "duplicate", "refused"]], "id": Schema.uuid,
                        "errors": Schema.array(Schema.object(["path": Schema.string, "message": Schema.string])),
                    ], required: ["status"])),
        ], required: ["accepted", "duplicate", "refused", "events"])

    private static func reply(_ outcomes: [EventOutcome], isBatch: Bool) throws(Problem) -> Reply {
        var counts = (accepted: 0, duplicate: 0, refused: 0)
        var items: [JSONValue] = []
        items.reserveCapacity(outcomes.count)
        for outcome in outcomes {
            switch outcome {
            case .accepted(let id):
                counts.accepted += 1
                items.append(["status": "accepted", "id": .string(id.description)])
            case .duplicate(let id):
                counts.duplicate += 1
                items.append(["status": "duplicate", "id": .string(id.description)])
            case .refused(let problems):
                if !isBatch {
                    throw Problem(
                        .invalidEvent, "The event does not have the form that this plant takes.", items: problems)
                }
                counts.refused += 1
                items.append([
                    "status": "refused",
                    "errors": .array(problems.map { ["path": .string($0.path), "message": .string($0.message)] }),
                ])
            }
        }
        return .json(
            [
                "accepted": JSONValue(counts.accepted), "duplicate": JSONValue(counts.duplicate),
                "refused": JSONValue(counts.refused), "events": .array(items),
            ], counts.refused > 0 ? .multiStatus : .accepted)
    }
}

extension HTTPResponse.Status {
    static let multiStatus = HTTPResponse.Status(code: 207, reasonPhrase: "Multi-Status")
}
