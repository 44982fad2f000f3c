import Hummingbird
import Primitives
import Tenancy

/// A person's own password: asked for again, and changed.
extension Portal {
    static let passwordPath = "/portal/password"
    static let wrongPassword = "The password did not fit. After several wrong ones an account rests for five minutes."

    func passwordPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitorWithPassword(request, context)
        let notice =
            request.uri.queryParameters["done"] == nil
            ? nil : "Your password is changed. Everywhere else you are signed out."
        return await passwordPage(request, visitor, notice: notice)
    }

    /// Ends every other session of the person, and lets this one go on with a new token.
    func changePassword(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitorWithPassword(request, context)
        let form = try await form(request, of: visitor)
        let changed: Principal
        do {
            changed = try await changePassword(form, of: visitor, request, context)
        } catch let problem as Problem where problem.code != .unauthenticated {
            return await passwordPage(request, visitor, problem)
        }
        // The password is changed, whatever becomes of this session.
        guard let token = try? await sessions.renew(visitor.token, of: changed) else {
            return Self.redirect("/portal/sign-in?reason=" + Reason.changed.rawValue)
        }
        return redirect(Self.passwordPath + "?done=1", with: token, request)
    }

    /// - Throws: `invalidRequest` or `invalidParameters` with what is wrong in which field.
    private func changePassword(
        _ form: FormBody, of visitor: Visitor, _ request: Request, _ context: MillwrightContext
    ) async throws -> Principal {
        var items: [Problem.Item] = []
        if form["current"].isEmpty {
            items.append(.init(path: "/current", message: "Enter the password that you signed in with."))
        }
        if form["password"].isEmpty {
            items.append(.init(path: "/password", message: "Enter a new password."))
        } else if form["password"] == form["current"] {
            items.append(.init(path: "/password", message: "Choose another password than the one you have."))
        }
        if form["again"] != form["password"] {
            items.append(.init(path: "/again", message: "Enter the new password twice the same."))
        }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The password was not changed.", items: items) }
        guard try await confirmation(form["current"], of: visitor, request, context) != nil else {
            throw Problem(
                .invalidRequest, "The password was not changed.",
                items: [.init(path: "/current", message: Self.wrongPassword)])
        }
        return try await principals.setPassword(
            of: visitor.principal.id, to: Redacted(form["password"]), in: visitor.principal.home,
            expecting: visitor.principal.version, by: visitor.principal.actor(origin: origin(of: request, context)))
    }

    /// Asks for the password again, which counts as a sign-in does. `nil` for a wrong one.
    func confirmation(
        _ password: String, of visitor: Visitor, _ request: Request, _ context: MillwrightContext
    ) async throws -> PasswordConfirmation? {
        let origin = origin(of: request, context)
        try await limits.admitSignIn(origin)
        return try await authenticator.confirm(visitor.principal, password: Redacted(password), from: origin)
    }

    /// Whoever came with an API key has not shown that the password is known, and may be no person.
    private func visitorWithPassword(_ request: Request, _ context: MillwrightContext) async throws -> Visitor {
        let visitor = try await visitor(request, context)
        guard visitor.canSign else {
            throw Problem(
                .forbidden,
                "You signed in with an API key. To change a password, sign out and sign in with the password of now.")
        }
        return visitor
    }

    private func passwordPage(
        _ request: Request, _ visitor: Visitor, _ problem: Problem? = nil, notice: String? = nil
    ) async -> Response {
        var values = PasswordPage.context(visitor.principal.email, problem)
        if let notice { values["notice"] = notice }
        return await render(
            "password", values, request, visitor, status: problem.map { .init(code: $0.code.httpStatus) } ?? .ok)
    }
}
