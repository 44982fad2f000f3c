import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Events in. This is the hot path of the platform: nothing here waits but the commit.
struct EventOperations {
    /// A batch of ten thousand small events fits; a single event is bounded by the intake itself.
    static let maximumBodyBytes = 8 << 20

    let intake: EventIntake

    var all: [Operation] { [send] }

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
                schema: Self.answerSchema), timeoutSeconds: nil
        ) { call in
            let outcomes = try await intake.accept(
                call.scope, try IncomingEvent.read(call.body), by: call.actor)
            return try Self.reply(outcomes, isBatch: call.body.arrayValue != nil)
        }
    }

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
