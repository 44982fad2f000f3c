import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct ProcessPolicyTests {
    @Test("an unknown language and every limit that the platform does not grant are named at once")
    func mistakes() throws {
        let problem = #expect(throws: Problem.self) {
            try ProcessPolicy(allow: ["python", "perl"], cpuSeconds: 0, memoryMegabytes: 63, wallSeconds: 301)
        }
        #expect(problem?.items.map(\.path) == ["/allow/1", "/cpuSeconds", "/memoryMegabytes", "/wallSeconds"])
    }

    @Test("a plant allows nothing until it is told to; each change is in the audit, and no change is not")
    func changing() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let policies = tenants.processPolicies
            #expect(try await policies.policy(of: plant.scope) == .nothing)
            let policy = try ProcessPolicy(allow: ["shell", "js"], memoryMegabytes: 512)
            try await policies.set(.nothing, for: plant.scope, by: .system)
            try await policies.set(policy, for: plant.scope, by: .system)
            try await policies.set(policy, for: plant.scope, by: .system)
            #expect(try await policies.policy(of: plant.scope) == policy)
            try await policies.set(.nothing, for: plant.scope, by: .system)
            #expect(try await policies.policy(of: plant.scope) == .nothing)
            let entries = try await tenants.audit.entries(
                in: plant.scope, matching: .init(objectType: "process-policy"), page: PageRequest()
            ).items.map(\.entry)
            #expect(entries.map(\.action) == ["process-policy.set", "process-policy.set"])
            #expect(entries.last?.old == nil && entries.last?.new?["allow"] == ["js", "shell"])
            #expect(entries.first?.old?["memoryMegabytes"] == 512 && entries.first?.new?["allow"] == [])
            let wrong = await #expect(throws: Problem.self) {
                try await policies.set(
                    ProcessPolicy(languages: [.js], cpuSeconds: 10_000), for: plant.scope, by: .system)
            }
            #expect(wrong?.items.map(\.path) == ["/cpuSeconds"])
        }
    }

    @Test("the policy of a foreign plant cannot be seen or changed")
    func foreignPlant() async throws {
        try await TenantFixture.with { tenants in
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            try await tenants.processPolicies.set(ProcessPolicy(languages: [.js]), for: theirs.scope, by: .system)
            let crossed = TenantScope.plant(mine.partnerID, mine.clientID, theirs.plantID)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.processPolicies.set(ProcessPolicy(languages: [.shell]), for: crossed, by: .system)
            }
            #expect(problem?.code == .notFound)
            #expect(try await tenants.processPolicies.policy(of: crossed) == .nothing)
            #expect(try await tenants.processPolicies.policy(of: theirs.scope).languages == [.js])
        }
    }

    @Test("whoever follows a plant's policy hears of each change, also of another replica's, and of no other plant's")
    func changes() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let other = try await tenants.makePlant()
            try await tenants.settle()
            let replica = ProcessPolicyDirectory(
                database: tenants.database, feed: TenancyFeed(database: tenants.database))
            var heard = tenants.processPolicies.changes(of: plant.plantID).makeAsyncIterator()
            let others = tenants.processPolicies.changes(of: other.plantID)
            try await replica.set(ProcessPolicy(languages: [.js]), for: plant.scope, by: .system)
            #expect(await heard.next() != nil)
            let silent = Task {
                for await _ in others { return true }; return false
            }
            try await tenants.settle()
            silent.cancel()
            #expect(await silent.value == false)
        }
    }
}
