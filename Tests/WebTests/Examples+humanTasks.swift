import Execution
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Web
import Workflow

/// What people do with tasks, each by somebody who may.
extension Examples {
    func humanTaskRequest(_ name: String, _ operation: Web.Operation, _ stage: Stage) async throws -> Example? {
        if name.hasSuffix("Substitution") { return try await substitutionRequest(name, operation, stage) }
        guard operation.path.contains("/human-tasks/{task}") else { return nil }
        let supervisor = try await tenants.makePrincipal(.supervisor, in: stage.scope)
        let other = try await tenants.makePrincipal(.supervisor, in: stage.scope)
        let task = try await openedTask(in: stage)
        let path = stage.path(operation, ["task": "\(task)"])
        let base = "/v1/plants/\(stage.place.plantID)/human-tasks/\(task)"
        if ["releaseHumanTask", "delegateHumanTask"].contains(name) {
            #expect(try await client.call(.post, base + "/claim", key: supervisor.key).status == 200)
        }
        var example: Example
        switch name {
        case "claimHumanTask", "releaseHumanTask": example = plain(path)
        case "decideHumanTask": example = plain(path, ["outcome": "approve", "reason": .string(Self.reason)])
        case "reassignHumanTask", "delegateHumanTask":
            example = plain(path, ["to": .string("\(other.principal.id)"), "reason": .string(Self.reason)])
        case "commentHumanTask": example = plain(path, ["body": "Look at the second photo."])
        case "attachHumanTaskEvidence":
            example = plain(path, ["fileName": "note.txt", "mediaType": "text/plain", "content": "aGVsbG8="])
        default: return nil
        }
        example.key = supervisor.key
        example.actor = supervisor.principal.id
        return example
    }

    private func substitutionRequest(
        _ name: String, _ operation: Web.Operation, _ stage: Stage
    ) async throws -> Example? {
        let supervisor = try await tenants.makePrincipal(.supervisor, in: stage.scope)
        let other = try await tenants.makePrincipal(.supervisor, in: stage.scope)
        let until = Timestamp.now().adding(seconds: 86_400)
        var example: Example
        switch name {
        case "CreateSubstitution":
            example = plain(
                stage.path(operation),
                ["substitute": .string("\(other.principal.id)"), "until": .string(until.description)])
        case "EndSubstitution":
            let made = try await SubstitutionDirectory(database: tenants.database).add(
                .init(substitute: "\(other.principal.id)", endsAt: until), in: stage.scope, by: supervisor.principal)
            example = plain(stage.path(operation, ["substitution": "\(made.id)"]))
        default: return nil
        }
        example.key = supervisor.key
        example.actor = supervisor.principal.id
        return example
    }

    /// A run that waits for a supervisor, as a runner would report it.
    fileprivate func openedTask(in stage: Stage) async throws -> HumanTaskID {
        _ = try await started(in: stage)
        let scope = stage.place.scope
        let board = DispatchBoard()
        let sync = SyncService(
            database: tenants.database, board: board,
            triggers: DatabaseTriggerSource(database: tenants.database, logger: PostgresFixture.logger),
            definitions: SmallDefinitions(), settings: NoSettings(), zones: NoZones(), logger: PostgresFixture.logger)
        let (runner, epoch) = try await RunnerStore(database: tenants.database, board: board).beginEpoch(of: scope)
        func call(_ commits: [RunCommit], isFirst: Bool) async throws -> SyncResponse {
            try await sync.sync(
                scope,
                SyncRequest(
                    runnerID: runner, epoch: epoch, publicKey: Array(repeating: 1, count: 32), commits: commits,
                    capacity: 10, waitMilliseconds: 0, settingsRevision: 1, isDraining: false, isFirst: isFirst))
        }
        let item = try #require(try await call([], isFirst: true).work.first)
        let now = Timestamp.now()
        let wait = Wait(
            id: "h#1", taskReference: "/do/0/approve", attempt: 1, openedAt: now,
            kind: .humanTask(
                HumanTaskRequest(arguments: [
                    "title": "Approve", "role": "supervisor", "outcomes": [["name": "approve", "label": "Approve"]],
                    "delegation": true,
                ])))
        let begun = JournalEntry(ordinal: 1, kind: .runStarted, startedAt: now, endedAt: now)
        let verdicts = try await call(
            [
                RunCommit(
                    runID: item.runID, expectedSequence: item.sequence, status: .waiting, state: [:], journal: [begun],
                    opened: [wait], consumedInputs: [])
            ], isFirst: false
        ).verdicts
        #expect(verdicts == [.committed])
        let tasks = HumanTaskService(database: tenants.database, board: board)
        return try #require(try await tasks.list(in: scope, page: PageRequest()).items.first).id
    }
}
