import Execution
import Hummingbird
import Primitives
import Tenancy

/// Who decides while somebody is away: a person names a substitute for itself. For others an administrator does it, by the
/// API.
extension Portal {
    static let substitutesPath = "/portal/substitutes"

    func substitutesPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let notice: String? =
            switch request.uri.queryParameters["done"].map(String.init) {
            case "named": "Your substitute is named."
            case "ended": "The substitution has ended."
            default: nil
            }
        return try await substitutesPage(request, visitor, notice: notice)
    }

    func nameSubstitute(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let form = try await form(request, of: visitor)
        do {
            let options = try await placesForSubstitutes(of: visitor.principal)
            guard let option = options.first(where: { $0.value == form["place"] }) else {
                throw Problem(
                    .invalidRequest, "Nothing was recorded.", items: [.init(path: "/place", message: "Choose where.")])
            }
            try option.place.requireActive()
            _ = try await humanTasks.substitutions.add(
                try substitution(form, option, visitor), in: option.scope, by: visitor.principal,
                from: origin(of: request, context))
            return Self.redirect(Self.substitutesPath + "?done=named")
        } catch let problem as Problem {
            return try await substitutesPage(request, visitor, Attempt(problem: problem, form: form))
        }
    }

    func endSubstitution(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let form = try await form(request, of: visitor)
        // Only the visitor's own: what concerns others is not there.
        guard let id = context.pathValues["substitution"].flatMap({ SubstitutionID($0) }),
            let found = try await humanTasks.substitutions.concerning(visitor.principal).first(where: { $0.id == id })
        else { throw Problem.notFound("substitution") }
        do {
            guard visitor.principal.allows(.humanTasksDecide, in: found.scope) else {
                throw Problem(.forbidden, "Your roles there do not decide tasks any more. Ask an administrator.")
            }
            try await tenants.place(of: found.scope)?.requireActive()
            _ = try await humanTasks.substitutions.end(
                id, in: found.scope, by: visitor.principal, from: origin(of: request, context))
            return Self.redirect(Self.substitutesPath + "?done=ended")
        } catch let problem as Problem {
            return try await substitutesPage(request, visitor, Attempt(problem: problem, form: form))
        }
    }

    // MARK: What was entered

    private func substitution(
        _ form: FormBody, _ option: SubstitutesPage.Option, _ visitor: Visitor
    ) throws -> SubstitutionDirectory.New {
        let time = option.time(now: clock.now())
        var items: [Problem.Item] = []
        func day(_ name: String) -> CivilDate? {
            let date = CivilDate(form[name]).flatMap { (1970...9999).contains($0.year) ? $0 : nil }
            if date == nil {
                items.append(.init(path: "/" + name, message: "Enter a day, like 2026-01-31."))
            }
            return date
        }
        let substitute = form["substitute"].trimmed
        if substitute.isEmpty || substitute.utf8.count > 254 {
            items.append(.init(path: "/substitute", message: "Enter the e-mail address of a person."))
        }
        let from = form["from"].isEmpty ? nil : day("from")
        let until = day("until")
        guard items.isEmpty, let until else { throw Problem(.invalidRequest, "Nothing was recorded.", items: items) }
        let role = form["role"].isEmpty ? nil : Role(rawValue: form["role"])
        if !form["role"].isEmpty, role == nil { throw Problem(.invalidRequest, "There is no such role.") }
        return SubstitutionDirectory.New(
            substitute: substitute, role: role, beginsAt: from.map { max(time.beginning(of: $0), time.now) },
            endsAt: time.end(of: until))
    }

    /// Where the visitor decides tasks: the widest places.
    private func placesForSubstitutes(of principal: Principal) async throws -> [SubstitutesPage.Option] {
        var options: [SubstitutesPage.Option] = []
        for scope in principal.scopes(with: .humanTasksDecide)
        where scope.clientID != nil && scope.ownerID == principal.home.ownerID {
            guard let place = try await tenants.place(of: scope) else { continue }
            options.append(.init(scope: scope, place: place))
        }
        return options.sorted { $0.place.path < $1.place.path }
    }

    // MARK: The page

    private func substitutesPage(
        _ request: Request, _ visitor: Visitor, _ attempt: Attempt? = nil, notice: String? = nil
    ) async throws -> Response {
        let principal = visitor.principal
        let roles = Set(principal.bindings.map(\.role)).filter { $0.holds(.humanTasksDecide) }
        var values = SubstitutesPage.context(
            try await placesForSubstitutes(of: principal), roles.sorted { $0.rawValue < $1.rawValue }, attempt)
        values["title"] = "While you are away"
        if let notice { values["notice"] = notice }
        var (own, others): ([[String: Any]], [[String: Any]]) = ([], [])
        for substitution in try await humanTasks.substitutions.concerning(principal) {
            guard let entry = try await entry(substitution, principal) else { continue }
            if substitution.principalID == principal.id { own.append(entry) } else { others.append(entry) }
        }
        values["own"] = own
        values["others"] = others
        guard let attempt else { return await render("substitutes", values, request, visitor) }
        return await render(
            "substitutes", values, request, visitor, status: .init(code: attempt.problem.code.httpStatus))
    }

    /// `nil` for one of a place that is deleted.
    private func entry(_ substitution: Substitution, _ principal: Principal) async throws -> [String: Any]? {
        guard let place = try await tenants.place(of: substitution.scope) else { return nil }
        let option = SubstitutesPage.Option(scope: substitution.scope, place: place)
        let time = option.time(now: clock.now())
        var entry: [String: Any] = [
            "id": substitution.id.description, "substitute": substitution.substituteName,
            "absent": substitution.principalName, "place": option.label, "lends": substitution.lendsRoles,
            "from": time.context(substitution.beginsAt), "until": time.context(substitution.endsAt),
            "mayEnd": principal.allows(.humanTasksDecide, in: substitution.scope),
            "action": "\(Self.substitutesPath)/\(substitution.id)/end",
        ]
        if let role = substitution.role { entry["role"] = EvidenceTable.words(role.rawValue) }
        return entry
    }
}
