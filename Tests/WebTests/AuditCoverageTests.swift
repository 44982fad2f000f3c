import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

/// Every operation that changes something, done once and refused once. The list of operations is the declaration
/// itself: one that is added later fails here until there is an example of it.
@Suite("Every change is in the audit", .timeLimit(.minutes(10)))
struct AuditCoverageTests {
    /// What writes no entry, and why not.
    static let exempt: [String: String] = [
        "sendEvents": "each event's row is itself insert-only and says who sent it, when and what",
        "testConnection": "asks a system whether it is there and changes nothing",
    ]

    @Test("each operation that succeeds leaves entries of who, what, why and from where; a refused one changes nothing")
    func everyOperation() async throws {
        try await WebFixture.with { fixture, client in
            let admin = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let examples = Examples(fixture: fixture, client: client, key: admin.key)
            var tried = 0
            for operation in fixture.surface.table.operations
            where operation.method != .get && Self.exempt[operation.id] == nil {
                guard let example = try await examples.example(of: operation) else {
                    Issue.record("\(operation.id) changes something and has no example here")
                    continue
                }
                tried += 1
                try await refused(operation, example, fixture, client)
                try await done(operation, example, fixture, client)
            }
            #expect(tried >= 80)
        }
    }

    private func refused(
        _ operation: Operation, _ example: Examples.Example, _ fixture: WebFixture, _ client: any TestClientProtocol
    ) async throws {
        let before = try await Snapshot(fixture.tenants.database)
        let answers = [
            try await client.call(operation.method, example.path, example.body, headers: example.headers),
            try await client.call(
                operation.method, example.path + (example.path.contains("?") ? "&" : "?") + "colour=red",
                key: example.key,
                example.body, headers: example.headers),
        ]
        for answer in answers { #expect((400..<500).contains(answer.status), "\(operation.id): \(answer.body)") }
        #expect(
            try await Snapshot(fixture.tenants.database) == before, "\(operation.id) was refused and changed something")
    }

    private func done(
        _ operation: Operation, _ example: Examples.Example, _ fixture: WebFixture, _ client: any TestClientProtocol
    ) async throws {
        let marker = "because of \(operation.id)"
        var headers = example.headers
        headers[HTTPField.Name("X-Audit-Reason")!] = marker
        let last = try await newest(fixture)
        let answer = try await client.call(
            operation.method, example.path, key: example.key, example.body, headers: headers)
        #expect((200..<300).contains(answer.status), "\(operation.id): \(answer.status) \(answer.body)")
        #expect(answer.status == operation.success.status.code, "\(operation.id) answers as it is declared")
        if let schema = operation.success.schema, answer.status == operation.success.status.code {
            let violations = try JSONSchema(schema).validate(answer.body)
            #expect(violations.isEmpty, "\(operation.id) answers otherwise than declared: \(violations)")
        }
        let all = try await fixture.tenants.audit.entries(in: .platform, page: PageRequest(limit: 50)).items
        let entries = all.prefix { $0.id != last }
        #expect(!entries.isEmpty, "\(operation.id) left nothing in the audit")
        for entry in entries.map(\.entry) {
            #expect(entry.actor.principalID == example.actor, "\(operation.id): \(entry.actor)")
            #expect(entry.actor.displayName.isEmpty == false && entry.actor.origin?.isEmpty == false)
            #expect(!entry.action.isEmpty && !entry.objectType.isEmpty && !entry.objectID.isEmpty)
            #expect(entry.old != nil || entry.new != nil, "\(operation.id) says neither what was nor what is")
            #expect(
                entry.reason == marker || entry.reason == Examples.reason, "\(operation.id): \(entry.reason ?? "-")")
        }
    }

    private func newest(_ fixture: WebFixture) async throws -> AuditEntryID? {
        try await fixture.tenants.audit.entries(in: .platform, page: PageRequest(limit: 1)).items.first?.id
    }
}
