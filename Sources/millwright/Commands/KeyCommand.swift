import ArgumentParser
import Logging
import Primitives
import Tenancy

/// The first key of an installation, made where the database is: before it, nobody can call the API.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make an API key for a principal, or the first platform administrator.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "The principal's e-mail address.") var email: String
    @Option(
        help:
            "The tenant that the principal belongs to: partner, partner/client or partner/client/plant. Default: the platform."
    )
    var place: String?
    @Option(help: "What the key is for.") var name = "operator"
    @Flag(help: "Make the principal a platform administrator when it does not exist.") var createAdministrator = false

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let actor = Actor(kind: .system, principalID: nil, displayName: "millwright key", origin: "command")
        let token = try await OperatorSession.run(settings) { domain in
            var scope = TenantScope.platform
            if let place {
                guard let found = try await domain.tenants.place(path: place) else { throw Problem.notFound("tenant") }
                scope = found.scope
            }
            var principal = try await domain.principals.principal(email: email, home: scope)
            if principal == nil, createAdministrator, scope == .platform {
                principal = try await domain.principals.create(
                    NewPrincipal(
                        kind: .user, displayName: email, email: email, home: .platform,
                        bindings: [RoleBinding(role: .platformAdmin, scope: .platform)]),
                    grantedBy: .system, by: actor)
            }
            guard let principal else { throw Problem.notFound("principal") }
            return try await domain.principals.issueKey(for: principal.id, name: name, in: scope, by: actor).token
        }
        Terminal.writeLine(token.reveal())
    }
}
