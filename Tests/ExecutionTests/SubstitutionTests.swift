import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite("a substitute decides for somebody who is away", .timeLimit(.minutes(10)))
struct SubstitutionTests {
    private func name(
        _ shell: ShellFixture, _ substitute: Principal, for absent: Principal, role: Role? = nil, lends: Bool = false,
        by actor: Principal? = nil, in scope: TenantScope? = nil, seconds: Double = 86_400
    ) async throws -> Substitution {
        try await shell.tasks.substitutions.add(
            .init(
                absent: "\(absent.id)", substitute: "\(substitute.id)", role: role, lendsRoles: lends,
                endsAt: shell.clock.now().adding(seconds: seconds)), in: scope ?? shell.scope, by: actor ?? absent)
    }

    @Test("what somebody who is away has taken, the substitute decides, and both count")
    func takenTask() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(3)
            let arguments = Asked.approval(["fourEyes": true])
            let tasks = try await shell.open(("a", arguments), ("b", arguments)).tasks
            _ = try await shell.tasks.claim(tasks[0].id, in: shell.scope, by: people[0])
            #expect(await refusal { try await shell.approve(tasks[0], by: people[1]) } == .wrongState)
            #expect(await refusal { try await shell.approve(tasks[0], by: people[1], for: people[0]) } == .forbidden)
            _ = try await name(shell, people[1], for: people[0])
            #expect(
                try await shell.tasks.list(
                    for: people[1], by: shell.tasks.substitutions.current(of: people[1])[0], page: .init()
                ).items.map(\.id) == [tasks[0].id])
            let decided = try await shell.approve(tasks[0], by: people[1], for: people[0])
            #expect(decided.decision?.onBehalfOf?.id == people[0].id && decided.decision?.decidedBy == people[1].id)
            for person in people.prefix(2) {
                #expect(await refusal { try await shell.approve(tasks[1], by: person) } == .segregationOfDuties)
            }
            #expect(try await shell.approve(tasks[1], by: people[2]).status == .decided)
        }
    }

    @Test("the initiator's substitute may not decide for the initiator, and a chain has one link")
    func initiatorAndChain() async throws {
        try await ShellFixture.with { shell in
            let starter = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let people = try await shell.supervisors(2)
            let task = try await shell.open(
                ("a", Asked.approval(["excludeInitiator": true])), sentBy: starter.actor
            ).tasks[0]
            _ = try await name(shell, people[0], for: starter.principal)
            _ = try await name(shell, people[1], for: people[0])
            #expect(
                await refusal { try await shell.approve(task, by: people[0], for: starter.principal) }
                    == .segregationOfDuties)
            #expect(
                await refusal { try await shell.approve(task, by: people[1], for: starter.principal) } == .forbidden)
        }
    }

    @Test("a substitute needs the role, unless an administrator has lent it; only its own roles can anybody lend")
    func lending() async throws {
        try await ShellFixture.with { shell in
            let absent = try await shell.supervisors(1)[0]
            let quality = try await shell.tenants.makePrincipal(.quality, in: shell.scope).principal
            let admin = try await shell.tenants.makePrincipal(.clientAdmin, in: shell.place.client).principal
            let task = try await shell.open(("a", Asked.approval())).tasks[0]
            _ = try await name(shell, quality, for: absent)
            #expect(await refusal { try await shell.approve(task, by: quality, for: absent) } == .forbidden)
            #expect(
                await refusal { try await self.name(shell, quality, for: absent, lends: true) } == .forbidden,
                "nobody lends its own role")
            #expect(
                await refusal { try await self.name(shell, quality, for: absent, role: .maintenance, lends: true) }
                    == .forbidden, "nor one that it may get later")
            #expect(await refusal { try await self.name(shell, quality, for: absent, by: quality) } == .forbidden)
            #expect(
                await refusal {
                    try await shell.tasks.substitutions.add(
                        .init(
                            absent: "nobody@example.com", substitute: "\(quality.id)",
                            endsAt: shell.clock.now().adding(seconds: 60)), in: shell.scope, by: quality)
                } == .forbidden, "whoever there is or is not")
            _ = try await name(shell, quality, for: absent, role: .maintenance, lends: true, by: admin)
            #expect(await refusal { try await shell.approve(task, by: quality, for: absent) } == .forbidden)
            _ = try await name(
                shell, quality, for: absent, role: .supervisor, lends: true, by: admin, in: shell.place.client)
            #expect(await refusal { try await shell.approve(task, by: quality) } == .forbidden, "only for the absent")
            #expect(try await shell.approve(task, by: quality, for: absent).decision?.role == .supervisor)
        }
    }

    @Test("a substitution holds from its beginning to its end, in its plant, and while the absent may act")
    func bounds() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(3)
            let tasks = try await shell.open(("a", Asked.approval()), ("b", Asked.approval()), ("c", Asked.approval()))
                .tasks
            let elsewhere = try await shell.sibling()
            let wide = try await shell.tenants.makePrincipal(.supervisor, in: shell.place.client).principal
            #expect(await refusal { try await self.name(shell, people[0], for: wide, in: elsewhere.scope) } != nil)
            #expect(await refusal { try await shell.approve(tasks[0], by: people[0], for: wide) } != nil)
            let short = try await name(shell, people[1], for: people[0], seconds: 60)
            shell.clock.advance(seconds: 61)
            #expect(await refusal { try await shell.approve(tasks[0], by: people[1], for: people[0]) } == .forbidden)
            #expect(short.endsAt < shell.clock.now())
            let ended = try await name(shell, people[1], for: people[0])
            #expect(
                await refusal {
                    try await shell.tasks.substitutions.end(ended.id, in: shell.scope, by: people[2])
                } == .forbidden)
            #expect(
                await refusal {
                    try await elsewhere.tasks.substitutions.end(ended.id, in: elsewhere.scope, by: people[0])
                } == .notFound)
            _ = try await shell.tasks.substitutions.end(ended.id, in: shell.scope, by: people[0])
            #expect(await refusal { try await shell.approve(tasks[0], by: people[1], for: people[0]) } == .forbidden)
            _ = try await name(shell, people[1], for: people[0])
            #expect(try await shell.approve(tasks[0], by: people[1], for: people[0]).status == .decided)
            _ = try await shell.tenants.principals.disable(people[0].id, in: shell.scope, by: .system)
            #expect(await refusal { try await shell.approve(tasks[1], by: people[1], for: people[0]) } == .forbidden)
        }
    }
}
