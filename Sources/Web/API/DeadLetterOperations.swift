import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// What could not go on: looking at it, letting it go on, and putting it away.
struct DeadLetterOperations {
    let letters: DeadLetterDirectory

    var all: [Operation] { [list, replay, dismiss] }

    private var list: Operation {
        Operation(
            id: "listDeadLetters", method: .get, path: "/v1/plants/{plant}/dead-letters",
            summary: "Faulted runs and events that could not be accepted, which nobody has seen to, newest first.",
            tag: "Runs", access: .permission(.runsRead, on: .plant), query: QueryParameter.page,
            success: .init(
                .ok, "A page of dead letters.",
                schema: Schema.page(
                    Schema.object(
                        [
                            "id": Schema.uuid, "kind": Schema.oneOf(DeadLetter.Kind.self), "reason": Schema.string,
                            "at": Schema.timestamp, "runId": Schema.uuid, "link": Schema.string,
                            "detail": Schema.anything,
                        ], required: ["id", "kind", "reason", "at"])))
        ) { call in
            try .page(await letters.list(in: call.scope, page: call.pageRequest())) { letter in
                var object: JSONObject = [
                    "id": .string(letter.id.description), "kind": .string(letter.kind.rawValue),
                    "reason": .string(letter.reason), "at": .string(letter.at.description),
                ]
                object.set("runId", ifPresent: letter.runID.json)
                object.set("link", ifPresent: letter.runID.map { .string("\(call.plantPath)/runs/\($0)") })
                object.set("detail", ifPresent: letter.detail)
                return .object(object)
            }
        }
    }

    private var replay: Operation {
        Operation(
            id: "replayDeadLetter", method: .post, path: "/v1/plants/{plant}/dead-letters/{letter}/replay",
            summary: "Retries a run, or sends an event through the intake again, corrected where a body is given.",
            tag: "Runs", access: .permission(.runsOperate, on: .plant),
            body: .init(
                Schema.object(["reason": Schema.text, "body": Schema.anything], required: ["reason"])),
            success: .init(.noContent, "It goes on.")
        ) { call in
            let id: RunID = try call.id("letter", of: "dead letter")
            try await letters.replay(
                id.raw, body: call.body["body"], in: call.scope, reason: call.text("reason"), by: call.actor)
            return .noContent
        }
    }

    private var dismiss: Operation {
        Operation(
            id: "dismissDeadLetter", method: .post, path: "/v1/plants/{plant}/dead-letters/{letter}/dismiss",
            summary: "Takes it off the list: nothing more is to be done.", tag: "Runs",
            access: .permission(.runsOperate, on: .plant), body: .init(Schema.requiredReason),
            success: .init(.noContent, "It is off the list.")
        ) { call in
            let id: RunID = try call.id("letter", of: "dead letter")
            try await letters.dismiss(id.raw, in: call.scope, reason: call.text("reason"), by: call.actor)
            return .noContent
        }
    }
}
