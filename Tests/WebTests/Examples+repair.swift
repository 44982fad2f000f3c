import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Web
import Workflow

extension Examples {
    func repairRequest(_ name: String, _ operation: Operation, _ stage: Stage) async throws -> Example? {
        let reason: JSONValue = ["reason": .string(Self.reason)]
        if name == "setWorkflowPolicy" {
            let path = stage.path(operation, ["workflow": "\(try await cloned(in: stage))"])
            return plain(path, ["maxConcurrent": 3, "reason": .string(Self.reason)])
        }
        let run = try await started(in: stage)
        let path = stage.path(operation, ["run": run, "letter": run])
        switch name {
        case "setRunPriority": return plain(path, ["priority": 70, "reason": .string(Self.reason)])
        case "operateRuns", "cancelBulkOperation":
            var body: JSONObject = ["action": "suspend", "filter": [:], "reason": .string(Self.reason)]
            let bulk = "/v1/plants/\(stage.place.plantID)/runs/bulk"
            let preview = try await client.call(.post, bulk, key: key, JSONValue.object(body).serialized())
            body["token"] = .string(try #require(preview.body["token"]?.stringValue, "\(preview.body)"))
            if name == "operateRuns" { return plain(path, .object(body)) }
            let begun = try await client.call(.post, bulk, key: key, JSONValue.object(body).serialized())
            let id = try #require(begun.body["id"]?.stringValue, "\(begun.body)")
            return plain(stage.path(operation, ["operation": id]), reason)
        case "migrateRun":
            _ = try await tenants.database.pipeline(
                stage.scope, ["UPDATE millwright.workflow SET digest = \(String(repeating: "e", count: 64))"])
            return plain(path, reason)
        default:
            try await fault(run, in: stage)
            guard name == "rerunRun" else { return plain(path, reason) }
            return plain(path, ["task": "/do/0/only", "input": [:], "reason": .string(Self.reason)])
        }
    }

    /// As a run stands whose call failed.
    private func fault(_ run: String, in stage: Stage) async throws {
        let id = try #require(RunID(run))
        let place = stage.place
        let state: JSONValue = [
            "version": 1, "status": "running", "startedAt": 0, "context": [:], "frames": [], "waits": [],
            "counters": ["journal": 0, "frames": 0, "events": 0, "entries": [:]], "values": [.null],
            "failure": ["task": "/do/0/only", "parent": 1, "input": 0, "failedAt": 0],
        ]
        _ = try await tenants.database.pipeline(
            stage.scope,
            [
                """
                UPDATE millwright.run
                SET status = 'faulted', sequence = 1, started_at = now(), ended_at = now(), error = '{"title": "x"}'
                WHERE run_id = \(id)
                """,
                """
                INSERT INTO millwright.run_checkpoint (partner_id, client_id, plant_id, run_id, state, stored_at)
                VALUES (\(place.partnerID), \(place.clientID), \(place.plantID), \(id), \(ExactJSON(state)), now())
                """,
            ])
    }
}
