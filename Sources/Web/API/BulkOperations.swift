import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// One action on all runs that a filter names: first what it would do, then, with the token of that, doing it.
struct BulkOperations {
    let runs: RunDirectory
    let tokens: BulkToken

    var all: [Operation] { [begin, list, read, cancel] }

    private static let failures = Schema.array(
        Schema.object(["runId": Schema.uuid, "code": Schema.string, "reason": Schema.string]))
    private static let schema = Schema.object(
        [
            "id": Schema.uuid, "action": Schema.oneOf(RunAction.Name.self),
            "status": Schema.oneOf(BulkOperation.Status.self),
            "filter": Schema.anyObject, "arguments": Schema.anyObject, "reason": Schema.string,
            "planned": Schema.integer, "succeeded": Schema.integer, "failed": Schema.integer,
            "createdAt": Schema.timestamp, "endedAt": Schema.timestamp,
            "failures": failures,
            // Of a dry run. `refusals` are those of the sample that would stay as they are, and why.
            "count": Schema.integer, "isMore": Schema.boolean, "sample": Schema.array(RunOperations.schema),
            "refusals": failures, "token": Schema.string,
        ])

    private var begin: Operation {
        Operation(
            id: "operateRuns", method: .post, path: "/v1/plants/{plant}/runs/bulk",
            summary: "Does one thing with all runs that a filter names: first as a dry run, then with its token.",
            tag: "Runs", access: .permission(.runsOperate, on: .plant),
            body: .init(
                Schema.object(
                    [
                        "action": Schema.oneOf(RunAction.Name.self), "filter": RunFilterQuery.schema,
                        "arguments": Schema.anyObject, "reason": Schema.text, "dryRun": Schema.boolean,
                        "token": Schema.text,
                    ], required: ["action", "filter", "reason"])),
            success: .init(.ok, "What would be done, or the operation that has begun.", schema: Self.schema)
        ) { call in
            guard let name = RunAction.Name(rawValue: call.text("action")) else { throw Problem.notFound("action") }
            let action = try RunAction(name, arguments: call.body["arguments"] ?? [:])
            let filter = try RunFilter(json: call.body["filter"] ?? [:])
            let what: JSONValue = [
                "action": .string(name.rawValue), "arguments": action.arguments, "filter": filter.json,
            ]
            guard let token = call.body["token"]?.stringValue, call.body["dryRun"]?.boolValue != true else {
                if call.body["dryRun"]?.boolValue == false {
                    throw Problem(.preconditionRequired, "Do a dry run first, and send its token with the operation.")
                }
                return .json(try await preview(action, filter, what, call))
            }
            let dryRun = try tokens.open(token, of: what, in: call.scope, at: Timestamp.now())
            let id = try await runs.begin(
                action, on: filter, before: dryRun.before, planned: dryRun.count, dryRun: dryRun.id, in: call.scope,
                reason: call.text("reason"), by: call.actor)
            return .json(Self.json(try await runs.bulkOperation(id, in: call.scope)))
        }
    }

    private func preview(_ action: RunAction, _ filter: RunFilter, _ what: JSONValue, _ call: Call) async throws
        -> JSONValue
    {
        let preview = try await runs.preview(
            action, on: filter, in: call.scope, reason: call.text("reason"), by: call.actor)
        return [
            "count": JSONValue(min(preview.count, RunDirectory.maximumBulkRuns)),
            "isMore": .bool(preview.count > RunDirectory.maximumBulkRuns),
            "sample": .array(preview.sample.map { .object(RunOperations.object($0)) }),
            "refusals": .array(preview.refusals.map(Self.json)),
            "token": .string(tokens.seal(what, preview, in: call.scope, at: Timestamp.now())),
        ]
    }

    private static func json(_ operation: BulkOperation) -> JSONValue {
        var object: JSONObject = [
            "id": .string(operation.id.description), "action": .string(operation.action.name.rawValue),
            "status": .string(operation.status.rawValue), "filter": operation.filter.json,
            "arguments": operation.action.arguments, "reason": .string(operation.reason),
            "planned": JSONValue(operation.planned), "succeeded": JSONValue(operation.succeeded),
            "failed": JSONValue(operation.failed), "createdAt": .string(operation.createdAt.description),
            "failures": .array(operation.failures.map(json)),
        ]
        object.set("endedAt", ifPresent: operation.endedAt.json)
        return .object(object)
    }

    private static func json(_ failure: BulkOperation.Failure) -> JSONValue {
        [
            "runId": .string(failure.runID.description), "code": .string(failure.code),
            "reason": .string(failure.reason),
        ]
    }

    private var list: Operation {
        Operation(
            id: "listBulkOperations", method: .get, path: "/v1/plants/{plant}/bulk-operations",
            summary: "The operations on many runs of a plant, newest first.", tag: "Runs",
            access: .permission(.runsRead, on: .plant), query: QueryParameter.page,
            success: .init(.ok, "A page of operations.", schema: Schema.page(Self.schema))
        ) { call in
            try .page(await runs.bulkOperations(in: call.scope, page: call.pageRequest())) { Self.json($0) }
        }
    }

    private var read: Operation {
        Operation(
            id: "readBulkOperation", method: .get, path: "/v1/plants/{plant}/bulk-operations/{operation}",
            summary: "How far an operation on many runs has come, and what failed.", tag: "Runs",
            access: .permission(.runsRead, on: .plant), success: .init(.ok, "The operation.", schema: Self.schema)
        ) { call in
            .json(Self.json(try await runs.bulkOperation(call.id("operation", of: "bulk operation"), in: call.scope)))
        }
    }

    private var cancel: Operation {
        Operation(
            id: "cancelBulkOperation", method: .post, path: "/v1/plants/{plant}/bulk-operations/{operation}/cancel",
            summary: "Ends an operation on many runs. What is done stays done.", tag: "Runs",
            access: .permission(.runsOperate, on: .plant), body: .init(Schema.requiredReason),
            success: .init(.ok, "The operation as it is now.", schema: Self.schema)
        ) { call in
            let id: BulkOperationID = try call.id("operation", of: "bulk operation")
            try await runs.cancelBulk(id, in: call.scope, reason: call.text("reason"), by: call.actor)
            return .json(Self.json(try await runs.bulkOperation(id, in: call.scope)))
        }
    }
}
