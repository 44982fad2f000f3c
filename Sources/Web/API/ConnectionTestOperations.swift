import Catalogue
import Connectors
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Whether a connection works, before a workflow finds out.
struct ConnectionTestOperations {
    let tester: ConnectionTester

    var all: [Operation] { [test] }

    private static let schema = Schema.object(
        [
            "ok": Schema.boolean, "connection": Schema.string, "connectionId": Schema.uuid,
            "asked": Schema.object(
                ["method": Schema.string, "host": Schema.string, "path": Schema.string], required: ["method", "host"]),
            "status": Schema.integer, "durationMilliseconds": Schema.integer,
            "failure": Schema.object(
                [
                    "class": Schema.oneOf(ConnectionTestReport.Reason.self), "detail": Schema.string,
                    "advice": Schema.string,
                ], required: ["class", "detail", "advice"]),
        ], required: ["ok", "connection", "connectionId", "durationMilliseconds"])

    /// 200 says that the test was made, not that it went well: `ok` says that.
    private var test: Operation {
        Operation(
            id: "testConnection", method: .post, path: "/v1/plants/{plant}/connections/{connection}/test",
            summary:
                "Asks the connected system what the connector's test says, under the plant's egress rules. Changes nothing there.",
            tag: "Connections", access: .permission(.connectionsTest, on: .plant),
            success: .init(.ok, "How the test ended, and what to do about it.", schema: Self.schema)
        ) { call in
            let (connection, report) = try await tester.test(
                call.id("connection", of: "connection"), in: call.scope, by: call.actor)
            var object: JSONObject = [
                "ok": .bool(report.isOK), "connection": .string(connection.name),
                "connectionId": .string(connection.id.description),
                "durationMilliseconds": JSONValue(report.durationMilliseconds),
            ]
            object.set("asked", ifPresent: report.asked.map(Self.json))
            object.set("status", ifPresent: report.status.map { JSONValue($0) })
            object.set("failure", ifPresent: report.failure.map(Self.json))
            return .json(.object(object))
        }
    }

    private static func json(_ asked: ConnectionTestReport.Asked) -> JSONValue {
        var object: JSONObject = ["method": .string(asked.method), "host": .string(asked.host)]
        object.set("path", ifPresent: asked.path.map(JSONValue.string))
        return .object(object)
    }

    private static func json(_ failure: ConnectionTestReport.Failure) -> JSONValue {
        [
            "class": .string(failure.reason.rawValue), "detail": .string(failure.detail),
            "advice": .string(failure.advice),
        ]
    }
}
